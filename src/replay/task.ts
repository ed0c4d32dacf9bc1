import { float64Column } from './column.ts'
import type { Exit } from './event-sink.ts'
import { FaultLog, InstallLog } from './fault-log.ts'
import type { Walk } from './gfn-takings.ts'
import { Progress } from './progress.ts'
import type { Chain } from './removals.ts'
import { Spans } from './spans.ts'
import { taskName } from './task-name.ts'
import type { TraceLine } from './trace-line.ts'
import { NO_RWLOCK, Waits } from './waits.ts'

export const NO_GFN = -1
/** Between two zaps of one run, that may lie the time slice of another task, but not much more. */
const LONGEST_REST_NS = 5e6

/** The observed actions of one task of the host. */
export class Task {
  readonly pid: number
  name: string
  /** Its process, and which vCPU it is; 0 and -1 if nothing said so. */
  tgid = 0
  vcpu = -1
  /** kvm_page_fault, by the address, which is the guest's physical one under two-dimensional paging. */
  readonly pageFaults: FaultLog
  /** arm64 kvm_guest_fault, and the like of RISC-V and PowerPC. */
  readonly guestFaults: FaultLog
  /** kvm_mmu_set_spte. */
  readonly installs: InstallLog
  /** kvm_tdp_mmu_spte_changed, from no leaf to a leaf that is present. */
  readonly tdpInstalls: FaultLog
  readonly waits = new Waits()
  /** For a picture: each wait for a lock, and from the end of one to the SPTE that was set next. */
  readonly waitSpans: Spans | undefined
  readonly holdSpans: Spans | undefined
  readonly progress = new Progress()
  /** The range that it invalidated last, in pages of hvas; and the gfns that it put one huge leaf in the place of, last. */
  readonly lastRange = { start: 0, end: 0 }
  readonly collapsed = { start: 0, end: 0 }
  readonly walk: Walk = { taking: -1, lastNs: Number.NEGATIVE_INFINITY }
  readonly removing: Chain = { cause: 'own', lastNs: Number.NEGATIVE_INFINITY }
  /** Faults that are none of the guest's memory by gfn, and are in no log. */
  virtualFaults = 0
  nestedFaults = 0
  deviceFaults = 0
  /** Emulated accesses to devices, and faults of a confidential guest's own memory. */
  deviceAccesses = 0
  privateFaults = 0
  /** Included in tdpInstalls: leafs that took the place of a table. */
  collapses = 0
  /** Faults on a gfn that was mapped already, and only had to be made writable. */
  madeWritable = 0
  guestEntries = 0
  fastPageFaults = 0
  /** Events that only vCPUs cause. */
  vcpuEvents = 0
  unmaps = 0
  ages = 0
  setPtes = 0
  attributeChanges = 0
  /** Leafs that it removed of KVM's own accord. */
  ownRemovals = 0
  zaps = 0
  /** When each run of zaps began that one cause explains: the deletion of a memslot takes many page tables away. */
  readonly zapRuns = float64Column()
  #lastZapNs = Number.NEGATIVE_INFINITY
  #lastGeneration = -1
  exit: Exit | undefined
  isNested = false
  /** Between a fault's event and the SPTE, the entry or the fault after it. */
  isInFault = false
  /** The last fault on a gfn that nothing has answered yet, and how many invalidations there had been. */
  pendingGfn = NO_GFN
  pendingSeen = 0
  pendingLog: FaultLog | undefined
  /** The last rwlock that the task got and has not set an SPTE under yet. */
  heldRwlock = NO_RWLOCK
  heldSinceNs = 0
  heldFlags = 0
  /** sched_switch: since when it runs, and the longest that it ran without a switch. */
  onCpuSinceNs = -1
  longestOnCpuNs = -1

  constructor(pid: number, name: string, keepStreams: boolean) {
    this.pid = pid
    this.name = name
    this.waitSpans = keepStreams ? new Spans() : undefined
    this.holdSpans = keepStreams ? new Spans() : undefined
    this.pageFaults = new FaultLog(keepStreams)
    this.guestFaults = new FaultLog(keepStreams)
    this.installs = new InstallLog(keepStreams)
    this.tdpInstalls = new FaultLog(keepStreams)
  }

  get faults(): number {
    return this.pageFaults.count + this.guestFaults.count + this.virtualFaults + this.nestedFaults + this.deviceFaults
  }

  /** The task waits for a rwlock, so it holds none that we know of; or it has got one. */
  holds(rwlock: number, atNs: number, flags = 0): void {
    this.heldRwlock = rwlock
    this.heldSinceNs = atNs
    this.heldFlags = flags
  }

  /** A fault begins or ends: the lock of the previous one has been released. */
  leavesFault(): void {
    this.isInFault = false
    this.heldRwlock = NO_RWLOCK
    this.waits.leaveFault()
  }

  /** A page table was zapped. Another generation is another cause; so is a long rest, if two of them went by unseen. */
  zapped(atNs: number, generation: number): void {
    this.zaps += 1
    if (generation !== this.#lastGeneration || atNs - this.#lastZapNs > LONGEST_REST_NS) this.zapRuns.push(atNs)
    this.#lastZapNs = atNs
    this.#lastGeneration = generation
  }
}

/** Every task of a trace that KVM's or a lock's events speak of, by pid. */
export class Tasks {
  readonly #tasks = new Map<number, Task>()
  readonly #keepStreams: boolean
  /** The task of the event before, under its own name. */
  #last: Task | undefined

  constructor(keepStreams: boolean) {
    this.#keepStreams = keepStreams
  }

  /** The idle tasks of all CPUs have pid 0: the CPU distinguishes them. */
  of(line: TraceLine): Task {
    const last = this.#last
    if (last !== undefined && last.pid === line.pid) return last
    const task = this.#find(line)
    if (task.pid !== 0 && task.name !== UNKNOWN) this.#last = task
    return task
  }

  #find(line: TraceLine): Task {
    const key = line.pid === 0 ? -1 - line.cpu : line.pid
    const known = this.#tasks.get(key)
    if (known !== undefined && (known.name !== UNKNOWN || line.bytes[line.nameEnd - 1] === UNKNOWN_END)) return known
    const name = taskName(line.bytes.toString('latin1', line.start, line.nameEnd))
    if (known !== undefined) {
      known.name = name
      return known
    }
    const task = new Task(line.pid, name, this.#keepStreams)
    task.tgid = line.tgid
    this.#tasks.set(key, task)
    return task
  }

  known(pid: number): Task | undefined {
    return this.#tasks.get(pid)
  }

  get all(): readonly Task[] {
    return [...this.#tasks.values()]
  }
}

/** ftrace prints this for a task whose name it has not kept. */
const UNKNOWN = '<...>'
const UNKNOWN_END = 0x3e
