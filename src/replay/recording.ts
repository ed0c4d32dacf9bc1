import { TraceClock } from './clock.ts'
import { EVENTS, type EventSink } from './events.ts'
import { Evidence } from './evidence.ts'
import { InvalidationLog } from './invalidation-log.ts'
import { Locks } from './locks.ts'
import {
  GUEST_FAULT,
  INSTALL,
  Moments,
  NEIGHBOUR,
  PAGE_FAULT,
  TDP_INSTALL,
  UNMAP,
  WAIT_BEGIN,
  WAIT_END,
  type What,
  ZAP,
} from './moments.ts'
import { Names } from './names.ts'
import { type Remarks, readRemark } from './remarks.ts'
import { type Task, Tasks } from './task.ts'
import { TraceLine } from './trace-line.ts'
import { NO_RWLOCK } from './waits.ts'

/** Of the lines that nobody understood, the numbers of so many are kept. */
const NUMBERS_KEPT = 5
const READERS = Object.values(EVENTS)

/**
 * What a trace holds, taken in line by line. Its size follows from the number of tasks, invalidations and waits; and if
 * the trace is to be replayed, from the number of faults and waits: 32 bytes each.
 */
export class Recording implements EventSink {
  readonly tasks: Tasks
  readonly invalidations = new InvalidationLog()
  readonly locks = new Locks()
  readonly clock = new TraceClock()
  /** What happened in which order; only of a recording that is to be replayed. */
  readonly moments: Moments | undefined
  readonly remarks: Remarks = { overwritten: 0, lost: 0, gaps: 0 }
  /** Where faults were, by the SPTEs that were set and by the faults' own events. */
  readonly installEvidence = new Evidence()
  readonly faultEvidence = new Evidence()
  /** Of the kvm_page_fault that a kvm_mmu_set_spte of the same task answered: how many, and how many by the same gfn. */
  answered = 0
  answeredSameGfn = 0
  lines = 0
  notUnderstood = 0
  /** The numbers of the first lines that were not understood. */
  readonly firstNotUnderstood: number[] = []
  readonly #events = new Names(Object.keys(EVENTS))
  readonly #counts: number[] = []
  readonly #line = new TraceLine()
  #atNs = 0

  constructor(keepStreams: boolean) {
    this.tasks = new Tasks(keepStreams)
    this.moments = keepStreams ? new Moments() : undefined
  }

  /** Takes in one line of the trace. */
  take(bytes: Buffer, start: number, end: number): void {
    this.lines += 1
    if (start === end) return
    const line = this.#line
    if (!line.parse(bytes, start, end)) {
      this.#remark(bytes.toString('latin1', start, end))
      return
    }
    this.#atNs = this.clock.nsOf(line)
    const event = this.#events.idOf(bytes, line.eventStart, line.eventEnd)
    this.#counts[event] = (this.#counts[event] ?? 0) + 1
    const read = READERS[event]
    if (read !== undefined && !read(line, this)) this.#misunderstood()
  }

  /** How often each event occurs, most frequent first. */
  get events(): readonly { readonly name: string; readonly count: number }[] {
    return this.#counts
      .map((count, event) => ({ name: this.#events.nameOf(event), count }))
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.count - a.count)
  }

  pageFault(line: TraceLine, gfn: number): void {
    const task = this.#task(line)
    task.pageFaults.add(this.#atNs, gfn)
    this.#note(line, PAGE_FAULT, gfn)
    task.pendingGfn = gfn
    this.faultEvidence.mapped(gfn, 1, this.invalidations)
  }

  guestFault(line: TraceLine, gfn: number): void {
    this.#task(line).guestFaults.add(this.#atNs, gfn)
    this.#note(line, GUEST_FAULT, gfn)
    this.faultEvidence.mapped(gfn, 1, this.invalidations)
  }

  install(line: TraceLine, gfn: number, pages: number, sptep: number, isAccessed: boolean): void {
    const task = this.#task(line)
    const isFault = task.installs.add(this.#atNs, gfn, sptep, isAccessed)
    this.#note(line, isFault ? INSTALL : NEIGHBOUR, gfn)
    if (task.pendingGfn >= 0) {
      this.answered += 1
      if (Math.floor(task.pendingGfn / pages) === Math.floor(gfn / pages)) this.answeredSameGfn += 1
    }
    if (task.heldRwlock !== NO_RWLOCK) this.locks.held(task.heldRwlock, task.heldForNs(this.#atNs))
    task.answered()
    this.installEvidence.mapped(gfn, pages, this.invalidations)
  }

  tdpInstall(line: TraceLine, gfn: number, pages: number): void {
    this.#task(line).tdpInstalls.add(this.#atNs, gfn)
    this.#note(line, TDP_INSTALL, gfn)
    this.installEvidence.mapped(gfn, pages, this.invalidations)
  }

  unmap(line: TraceLine, startPage: number, endPage: number): void {
    this.#task(line).unmaps += 1
    this.#note(line, UNMAP, this.invalidations.length)
    this.invalidations.add(this.#atNs, startPage, endPage, line.pid)
  }

  age(line: TraceLine): void {
    this.#task(line).ages += 1
  }

  zap(line: TraceLine, generation: number): void {
    const task = this.#task(line)
    task.zapped(this.#atNs, generation)
    this.#note(line, ZAP, task.zapRuns.length - 1)
    this.installEvidence.zapped()
    this.faultEvidence.zapped()
  }

  guestEntry(line: TraceLine): void {
    this.#task(line).guestEntries += 1
  }

  fastPageFault(line: TraceLine): void {
    this.#task(line).fastPageFaults += 1
  }

  contentionBegin(line: TraceLine, from: number, to: number, flagsFrom: number, flagsTo: number): void {
    const { locks } = this
    const flags = locks.flagsOf(line.bytes, flagsFrom, flagsTo)
    const rwlock = locks.rwlockOf(flags, line.bytes, from, to)
    const task = this.#task(line)
    if (rwlock !== NO_RWLOCK) {
      task.holds(NO_RWLOCK, 0)
      this.#note(line, WAIT_BEGIN, rwlock)
    }
    task.waits.begin(this.#atNs, locks.addressKey(line.bytes, from, to), flags, rwlock, locks.isSleeper(flags))
  }

  contentionEnd(line: TraceLine, from: number, to: number): void {
    const task = this.#task(line)
    const rwlock = task.waits.end(this.#atNs, this.locks.addressKey(line.bytes, from, to))
    if (rwlock === NO_RWLOCK) return
    task.holds(rwlock, this.#atNs)
    this.#note(line, WAIT_END, rwlock)
  }

  #note(line: TraceLine, what: What, value: number): void {
    this.moments?.add(this.#atNs, line.pid, line.cpu, what, value)
  }

  #task(line: TraceLine): Task {
    return this.tasks.of(line.pid, line.cpu, line.bytes, line.nameStart, line.nameEnd)
  }

  #remark(text: string): void {
    const remark = readRemark(text, this.remarks)
    if (remark === undefined) this.#misunderstood()
    if (remark === 'gap') for (const task of this.tasks.all) task.waits.forget()
  }

  #misunderstood(): void {
    this.notUnderstood += 1
    if (this.firstNotUnderstood.length < NUMBERS_KEPT) this.firstNotUnderstood.push(this.lines)
  }
}
