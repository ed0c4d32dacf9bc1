import type { LockId, Side, Word } from '../shared-memory/cpu.ts'
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
import { type Fate, GOES_ON } from './activations.ts'
import { SimulatedCpu } from './cpu.ts'

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
  /** What is noted when the instruction that it stands before is carried out. */
  #noteWhenDone: readonly [code: number, value: number] | undefined

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
    if (word === this.#noted.invalidateSeq) this.#noteWhenDone = [SEQ, value]
    else if (word === this.#noted.invalidateInProgress) this.#noteWhenDone = [IN_PROGRESS, value]
    return this.#begun(super.store(word, value))
  }

  override broadcast(kind: number, units: number): Steps<void> {
    this.#add(BROADCAST_BEGAN, kind)
    this.#noteWhenDone = [BROADCAST_ENDED, kind]
    return this.#begun(super.broadcast(kind, units))
  }

  override perform(): Fate {
    super.perform()
    this.#noteIfDone()
    return this.fate
  }

  #begun(steps: Steps<void>): Steps<void> {
    this.#noteIfDone()
    return steps
  }

  #noteIfDone(): void {
    if (this.fate !== GOES_ON || this.#noteWhenDone === undefined) return
    const [code, value] = this.#noteWhenDone
    this.#noteWhenDone = undefined
    this.#add(code, value)
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

  #add(code: number, value: number, amount = 0): void {
    const ns = this.now()
    if (ns >= this.#measureFromNs && this.#noted.trigger.isPulled)
      this.#noted.timelines[this.id]!.add(ns, code, value, amount)
  }
}
