import { float64Column } from './column.ts'
import { FaultLog, InstallLog } from './fault-log.ts'
import { NO_RWLOCK, Waits } from './waits.ts'

const NO_GFN = -1
/** Between two zaps of one run, that may lie the time slice of another task, but not much more. */
const LONGEST_REST_NS = 5e6

/** What one task of the host was seen to do. */
export class Task {
  readonly pid: number
  name: string
  /** kvm_page_fault, by the address: of the guest's physical memory under two-dimensional paging. */
  readonly pageFaults: FaultLog
  /** arm64 kvm_guest_fault. */
  readonly guestFaults: FaultLog
  /** kvm_mmu_set_spte. */
  readonly installs: InstallLog
  /** kvm_tdp_mmu_spte_changed, from not present to a leaf that is. */
  readonly tdpInstalls: FaultLog
  readonly waits = new Waits()
  guestEntries = 0
  fastPageFaults = 0
  unmaps = 0
  ages = 0
  zaps = 0
  /** When each run of zaps began that one cause explains: the deletion of a memslot takes many page tables away. */
  readonly zapRuns = float64Column()
  #lastZapNs = Number.NEGATIVE_INFINITY
  #lastGeneration = -1
  /** The last kvm_page_fault that no kvm_mmu_set_spte has answered yet. */
  pendingGfn = NO_GFN
  #rwlock = NO_RWLOCK
  #heldSinceNs = 0

  constructor(pid: number, name: string, keepStreams: boolean) {
    this.pid = pid
    this.name = name
    this.pageFaults = new FaultLog(keepStreams)
    this.guestFaults = new FaultLog(keepStreams)
    this.installs = new InstallLog(keepStreams)
    this.tdpInstalls = new FaultLog(keepStreams)
  }

  /** The task waits for a rwlock, so it holds none that we know of; or it has got one. */
  holds(rwlock: number, atNs: number): void {
    this.#rwlock = rwlock
    this.#heldSinceNs = atNs
  }

  /** Which rwlock the task got last and has not set an SPTE under yet. */
  get heldRwlock(): number {
    return this.#rwlock
  }

  heldForNs(atNs: number): number {
    return atNs - this.#heldSinceNs
  }

  /** A page table was zapped. Another generation is another cause; so is a long rest, if two of them went by unseen. */
  zapped(atNs: number, generation: number): void {
    this.zaps += 1
    if (generation !== this.#lastGeneration || atNs - this.#lastZapNs > LONGEST_REST_NS) this.zapRuns.push(atNs)
    this.#lastZapNs = atNs
    this.#lastGeneration = generation
  }

  answered(): void {
    this.pendingGfn = NO_GFN
    this.#rwlock = NO_RWLOCK
  }
}

/** Every task of a trace that KVM's or a lock's events speak of, by pid. */
export class Tasks {
  readonly #tasks = new Map<number, Task>()
  readonly #keepStreams: boolean

  constructor(keepStreams: boolean) {
    this.#keepStreams = keepStreams
  }

  /** All CPUs' idle tasks have pid 0: they are told apart by the CPU. */
  of(pid: number, cpu: number, bytes: Buffer, nameStart: number, nameEnd: number): Task {
    const key = pid === 0 ? -1 - cpu : pid
    const known = this.#tasks.get(key)
    if (known !== undefined && (known.name !== UNKNOWN || bytes[nameStart] === ANGLE)) return known
    const name = bytes.toString('latin1', nameStart, nameEnd)
    if (known !== undefined) {
      known.name = name
      return known
    }
    const task = new Task(pid, name, this.#keepStreams)
    this.#tasks.set(key, task)
    return task
  }

  get all(): readonly Task[] {
    return [...this.#tasks.values()]
  }
}

/** What ftrace prints for a task whose name it has not kept. */
const UNKNOWN = '<...>'
const ANGLE = 0x3c
