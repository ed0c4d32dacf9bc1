import { Answers } from './answers.ts'
import { TraceClock } from './clock.ts'
import { DeviceGfns } from './device-gfns.ts'
import type { EventSink, Exit, FaultKind, SpteChange } from './event-sink.ts'
import { Evidence } from './evidence.ts'
import { InvalidationLog } from './invalidation-log.ts'
import { LockWaits, switchTasks } from './lock-waits.ts'
import type { Locks } from './locks.ts'
import {
  GFNS_TAKEN,
  GUEST_FAULT,
  INSTALL,
  Moments,
  NEIGHBOUR,
  PAGE_FAULT,
  RETRY,
  TDP_INSTALL,
  UNMAP,
  WAIT_BEGIN,
  WAIT_END,
  type What,
  ZAP,
} from './moments.ts'
import { LONGEST_REST_NS, Removals } from './removals.ts'
import { SpteFormats } from './spte-formats.ts'
import { type Task, Tasks } from './task.ts'
import type { TraceLine } from './trace-line.ts'
import { vcpuIn } from './vcpu-of-event.ts'
import { NO_RWLOCK } from './waits.ts'

/** Collects the events of a trace. Moments and streams are kept only for a replay. */
export class Observed implements EventSink {
  readonly tasks: Tasks
  readonly invalidations = new InvalidationLog()
  readonly removals = new Removals()
  readonly clock = new TraceClock()
  readonly moments: Moments | undefined
  /** Evidence about the location of memory, from SPTEs that were set. */
  readonly installEvidence = new Evidence()
  readonly formats = new SpteFormats()
  /** Exits that only two-dimensional paging has. */
  tdpExits = 0
  /** Faults on addresses beyond all physical memory: no gfns for sure. */
  kernelAddresses = 0
  /** SPTEs that were set, by any event. */
  sptes = 0
  /** Gfns of devices, as an earlier reading of the trace has shown; and those that this one shows. */
  readonly knownDevices: ReadonlySet<number>
  readonly devices = new DeviceGfns()
  readonly answers = new Answers(this.invalidations, this.devices)
  readonly #waits = new LockWaits()
  protected atNs = 0
  /** Which ranges are recorded: all, unless one of several VMs was selected. */
  protected keepsRange: ((pid: number, startPage: number, endPage: number) => boolean) | undefined

  constructor(keepStreams: boolean, devices: ReadonlySet<number> = new Set()) {
    this.knownDevices = devices
    this.tasks = new Tasks(keepStreams)
    this.moments = keepStreams ? new Moments() : undefined
  }

  get locks(): Locks {
    return this.#waits.locks
  }

  pageFault(line: TraceLine, gfn: number, kind: FaultKind): void {
    const task = this.#faulting(line)
    this.#note(line, PAGE_FAULT, gfn)
    if (kind.isVirtual) this.kernelAddresses += 1
    if (kind.isVirtual || task.exit === 'exception') task.virtualFaults += 1
    else if (task.isNested) task.nestedFaults += 1
    else if (kind.isReserved && task.exit !== 'ept') task.deviceFaults += 1
    else {
      if (kind.isPrivate) task.privateFaults += 1
      this.answers.faulted(task, this.atNs, gfn, task.pageFaults, kind.state)
    }
  }

  guestFault(line: TraceLine, gfn: number, mayBeDevice: boolean): void {
    const task = this.#faulting(line)
    if (mayBeDevice && this.knownDevices.has(gfn)) {
      task.deviceFaults += 1
      return
    }
    if (mayBeDevice) this.devices.faulted(gfn, this.invalidations.length + this.removals.takings.length)
    this.#note(line, GUEST_FAULT, gfn)
    this.answers.faulted(task, this.atNs, gfn, task.guestFaults, undefined)
  }

  foundMapped(line: TraceLine, gfn: number): void {
    this.answers.foundMapped(this.#task(line), gfn)
  }

  virtualFault(line: TraceLine): void {
    this.#faulting(line).virtualFaults += 1
  }

  deviceAccess(line: TraceLine, gfn: number): void {
    const task = this.#task(line)
    task.vcpuEvents += 1
    task.deviceAccesses += 1
    if (task.pendingGfn === gfn) this.answers.wasDevice(task)
    else this.answers.settle(task)
    this.#retried(line, task)
  }

  deviceExit(line: TraceLine): void {
    const task = this.#task(line)
    // Without events of SPTEs, entries and exits a fault that was answered long ago is pending, unless each access has its fault.
    if (this.sptes > 0 || task.guestEntries > 0 || task.pendingLog === task.guestFaults) this.answers.wasDevice(task)
  }

  install(line: TraceLine, gfn: number, pages: number, sptep: number, low: number, hasNoUser: boolean): void {
    const task = this.#task(line)
    this.formats.saw(low, hasNoUser)
    // Without the SPTE's address its neighbours are unknown: it counts as a separate fault.
    const isFault = task.installs.add(this.atNs, gfn, sptep, sptep === 0 || this.formats.isAccessed(low))
    this.#note(line, isFault ? INSTALL : NEIGHBOUR, gfn)
    this.#mapped(task, gfn, pages)
  }

  spteChanged(line: TraceLine, gfn: number, pages: number, change: SpteChange): void {
    const task = this.#task(line)
    // A fault puts another page in the place of one that is there, as when it may not be written to any more.
    if (change === 'mapped' || change === 'collapsed' || (change === 'replaced' && task.isInFault)) {
      task.tdpInstalls.add(this.atNs, gfn)
      if (change === 'collapsed') {
        task.collapses += 1
        Object.assign(task.collapsed, { start: gfn, end: gfn + pages })
      }
      this.#note(line, TDP_INSTALL, gfn)
      this.#mapped(task, gfn, pages)
    } else if (change === 'removed' || change === 'replaced')
      this.#removed(line, task, gfn, pages, change === 'removed')
    else if (change === 'made writable') this.answers.madeWritable(task, gfn, pages)
  }

  unmap(line: TraceLine, startPage: number, endPage: number): void {
    if (this.keepsRange !== undefined && !this.keepsRange(line.pid, startPage, endPage)) return
    const task = this.#task(line)
    task.unmaps += 1
    this.#released(line, task)
    this.#waits.blockers.invalidates(line.pid, this.atNs)
    this.removals.caused(task.removing, 'notifier', this.atNs)
    this.#note(line, UNMAP, this.invalidations.length)
    this.invalidations.add(this.atNs, startPage, endPage, line.pid)
    Object.assign(task.lastRange, { start: startPage, end: endPage })
  }

  age(line: TraceLine): void {
    this.#task(line).ages += 1
  }

  setPte(line: TraceLine, page: number): void {
    if (this.keepsRange !== undefined && !this.keepsRange(line.pid, page, page + 1)) return
    const task = this.#task(line)
    const { lastRange, removing } = task
    const isRecent = removing.cause === 'notifier' && this.atNs - removing.lastNs <= LONGEST_REST_NS
    const isPartOfRange = isRecent && page >= lastRange.start && page < lastRange.end
    task.setPtes += 1
    this.#waits.blockers.invalidates(line.pid, this.atNs)
    if (isPartOfRange) {
      this.removals.coveredSetPtes += 1
      return
    }
    this.removals.caused(removing, 'set-pte', this.atNs)
    this.#note(line, UNMAP, this.invalidations.length)
    this.invalidations.addSetPte(this.atNs, page, line.pid)
  }

  attributesChanged(line: TraceLine, gfn: number, pages: number): void {
    const task = this.#task(line)
    task.attributeChanges += 1
    this.#waits.blockers.zaps(line.pid, this.atNs)
    this.#note(line, GFNS_TAKEN, this.removals.takings.length)
    this.removals.attributesChanged(task.removing, gfn, pages, this.atNs, line.pid)
  }

  zap(line: TraceLine, generation: number): void {
    const task = this.#task(line)
    task.zapped(this.atNs, generation)
    this.#waits.blockers.zaps(line.pid, this.atNs)
    this.#note(line, ZAP, task.zapRuns.length - 1)
    this.installEvidence.zapped()
    this.answers.evidence.zapped()
  }

  guestEntry(line: TraceLine): void {
    const task = this.#task(line)
    task.guestEntries += 1
    if (task.guestEntries === 1 && task.vcpu < 0) task.vcpu = vcpuIn(line)
    this.answers.settle(task)
    this.#retried(line, task)
  }

  guestExit(line: TraceLine, exit: Exit): void {
    this.guestEntry(line)
    this.#task(line).exit = exit
    if (exit === 'ept' || exit === 'npf' || exit === 'abort') this.tdpExits += 1
  }

  vcpuSeen(line: TraceLine, endsFault: boolean): void {
    const task = this.#task(line)
    task.vcpuEvents += 1
    if (endsFault) this.#retried(line, task)
  }

  nested(line: TraceLine, isEntered: boolean): void {
    this.#task(line).isNested = isEntered
  }

  fastPageFault(line: TraceLine, isFixed: boolean): void {
    const task = this.#task(line)
    task.fastPageFaults += 1
    if (isFixed) this.answers.madeWritable(task, task.pendingGfn, 1)
  }

  contentionBegin(line: TraceLine, from: number, to: number, flags: Buffer, flagsFrom: number, flagsTo: number): void {
    const id = this.locks.flagsOf(flags, flagsFrom, flagsTo)
    const task = this.#task(line)
    if (this.locks.isSleeper(id)) this.#released(line, task)
    const rwlock = this.#waits.begin(task, this.atNs, line, from, to, id)
    if (rwlock !== NO_RWLOCK) this.#note(line, WAIT_BEGIN, rwlock)
  }

  contentionEnd(line: TraceLine, from: number, to: number): void {
    const rwlock = this.#waits.end(this.#task(line), this.atNs, line, from, to)
    if (rwlock !== NO_RWLOCK) this.#note(line, WAIT_END, rwlock)
  }

  namedLockAcquired(line: TraceLine, from: number, to: number): void {
    if (this.#waits.isWaiting(this.#task(line), line, from, to)) this.contentionEnd(line, from, to)
  }

  switched(line: TraceLine, previous: number, next: number): void {
    const from = this.tasks.known(previous)
    if (from !== undefined) this.#released(line, from)
    switchTasks(from, this.tasks.known(next), this.atNs)
  }

  /** No event comes any more. */
  protected settleAll(): void {
    for (const task of this.tasks.all) this.answers.settle(task)
  }

  #faulting(line: TraceLine): Task {
    const task = this.#task(line)
    if (task.vcpu < 0) task.vcpu = vcpuIn(line)
    this.answers.settle(task)
    this.#retried(line, task)
    task.isInFault = true
    return task
  }

  #mapped(task: Task, gfn: number, pages: number): void {
    this.sptes += 1
    this.#waits.ledToSpte(task, this.atNs)
    this.answers.answered(task, gfn, pages)
    this.installEvidence.mapped(gfn, pages, this.invalidations.length)
  }

  /** A task that sleeps, or asks for another lock that it may sleep for, holds no lock that spins. */
  #released(line: TraceLine, task: Task): void {
    if (task.heldRwlock === NO_RWLOCK || this.locks.kindOfLock(task.heldRwlock) === 'rt-rwlock') return
    this.#note(line, RETRY, 0)
    task.holds(NO_RWLOCK, 0)
  }

  /** The task did not set an SPTE under the lock that it had waited for. */
  #retried(line: TraceLine, task: Task): void {
    if (task.heldRwlock !== NO_RWLOCK) this.#note(line, RETRY, 0)
    task.leavesFault()
  }

  #removed(line: TraceLine, task: Task, gfn: number, pages: number, isGone: boolean): void {
    // The table that a huge leaf takes the place of goes with its leafs: their pages stay mapped.
    if (gfn >= task.collapsed.start && gfn < task.collapsed.end) return
    const { removals } = this
    if (removals.removed(task.removing, pages, this.atNs) !== 'own' || !isGone) return
    task.ownRemovals += 1
    this.#waits.blockers.zaps(line.pid, this.atNs)
    const taking = removals.takings.length
    if (removals.takings.zapped(task.walk, this.atNs, gfn, pages, line.pid)) this.#note(line, GFNS_TAKEN, taking)
  }

  #note(line: TraceLine, what: What, value: number): void {
    this.moments?.add(this.atNs, line.pid, Math.max(line.cpu, 0), what, value)
  }

  #task(line: TraceLine): Task {
    return this.tasks.of(line)
  }
}
