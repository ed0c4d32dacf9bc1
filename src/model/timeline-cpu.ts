import type { LockId, Side, Word } from '../shared-memory/cpu.ts'
import type { Op } from '../shared-memory/op.ts'
import type { Steps } from '../shared-memory/steps.ts'
import {
  ACQUIRED,
  BROADCAST_BEGAN,
  BROADCAST_ENDED,
  COUNTED,
  IN_PROGRESS,
  RECORDED,
  RELEASING,
  SEQ,
  type Timeline,
  type Trigger,
  WAIT_BEGAN,
  WAIT_ENDED,
} from '../workers/timeline.ts'
import { SimulatedCpu, STANDS } from './cpu.ts'

/** What is noted of a modelled run, one timeline a CPU, and the words whose values are shown. */
export type Noted = {
  readonly timelines: readonly Timeline[]
  readonly trigger: Trigger
  readonly invalidateSeq: Word
  readonly invalidateInProgress: Word
}

/** A CPU that also notes what it does while it is measured. That takes no virtual time. */
export class TimelineCpu extends SimulatedCpu {
  readonly #noted: Noted
  readonly #measureFromNs: number
  #underWay: Steps<void> | undefined

  constructor(noted: Noted, measureFrom: number, ...args: ConstructorParameters<typeof SimulatedCpu>) {
    super(...args)
    this.#noted = noted
    this.#measureFromNs = measureFrom / 1000
  }

  /** How often a loop may still ask whether a signal is pending; without it the end of the run is the signal. */
  patience = Number.POSITIVE_INFINITY

  override signalPending(): boolean {
    this.patience -= 1
    return this.patience < 0 || super.signalPending()
  }

  override write(word: Word, value: number): Steps<void> {
    return this.store(word, value)
  }

  override store(word: Word, value: number): Steps<void> {
    const isShown = word === this.#noted.invalidateSeq || word === this.#noted.invalidateInProgress
    return isShown ? this.#shown(this.#storeShown(word, value)) : super.store(word, value)
  }

  override broadcast(kind: number, units: number): Steps<void> {
    return this.#shown(this.#broadcastShown(kind, units))
  }

  /** The steps of an instruction that is shown, while it is under way. As they go through the CPU's own, those are not theirs. */
  override next(): IteratorResult<Op, number> {
    const steps = this.#underWay
    if (steps === undefined) return super.next()
    this.#underWay = undefined
    const result = steps.next(0)
    if (result.done) return { done: true, value: 0 }
    this.#underWay = steps
    return result
  }

  /** An instruction gives the CPU itself, whose `fate` the flat build looks at: this one is never carried out at once. */
  #shown(steps: Steps<void>): Steps<void> {
    this.#underWay = steps
    this.fate = STANDS
    return this as unknown as Steps<void>
  }

  override count(counter: number, by: number): void {
    super.count(counter, by)
    if (this.#noted.trigger.counted(counter)) this.#add(COUNTED, counter)
  }

  override record(histogram: number, ns: number): void {
    super.record(histogram, ns)
    this.#add(RECORDED, histogram, ns)
  }

  override contentionBegin(lock: LockId, side: Side): void {
    super.contentionBegin(lock, side)
    this.#add(WAIT_BEGAN, lock * 2 + side)
  }

  override contentionEnd(lock: LockId, side: Side): void {
    super.contentionEnd(lock, side)
    this.#add(WAIT_ENDED, lock * 2 + side)
  }

  override acquired(lock: LockId, side: Side): void {
    super.acquired(lock, side)
    this.#add(ACQUIRED, lock * 2 + side)
  }

  override releasing(lock: LockId, side: Side): void {
    super.releasing(lock, side)
    this.#add(RELEASING, lock * 2 + side)
  }

  *#storeShown(word: Word, value: number): Steps<void> {
    yield* super.store(word, value)
    this.#add(word === this.#noted.invalidateSeq ? SEQ : IN_PROGRESS, value)
  }

  *#broadcastShown(kind: number, units: number): Steps<void> {
    this.#add(BROADCAST_BEGAN, kind)
    yield* super.broadcast(kind, units)
    this.#add(BROADCAST_ENDED, kind)
  }

  #add(code: number, value: number, amount = 0): void {
    const ns = this.now()
    if (ns >= this.#measureFromNs && this.#noted.trigger.isPulled)
      this.#noted.timelines[this.id]!.add(ns, code, value, amount)
  }
}
