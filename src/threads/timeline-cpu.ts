import type { LockId, Side, Word } from '../shared-memory/cpu.ts'
import {
  ACQUIRED,
  BROADCAST_BEGAN,
  BROADCAST_ENDED,
  COUNTED,
  IN_PROGRESS,
  RECORDED,
  RELEASING,
  SEQ,
  Timeline,
  Trigger,
  WAIT_BEGAN,
  WAIT_ENDED,
} from '../workers/timeline.ts'
import { MEASURE } from './control.ts'
import { ThreadCpu } from './cpu.ts'
import type { CpuOfRun } from './cpu-of-run.ts'
import type { Memory } from './memory.ts'

/** The memory for a CPU's events, and the word that starts the recording on all CPUs. */
export type TimelineMemory = { readonly events: SharedArrayBuffer; readonly trigger: SharedArrayBuffer }

/** The words whose values are shown. */
export type WatchedWords = { readonly invalidateSeq: Word; readonly invalidateInProgress: Word }

/** A CPU that also records its actions while it is measured, with a clock reading each time: for a picture, not for figures. */
export class TimelineCpu extends ThreadCpu {
  readonly #timeline: Timeline
  readonly #watched: WatchedWords
  readonly #control: CpuOfRun['control']
  readonly #trigger: Trigger

  constructor(
    id: number,
    memory: Memory,
    spinLooks: number,
    run: CpuOfRun,
    { events, trigger }: TimelineMemory,
    watched: WatchedWords,
  ) {
    super(id, memory, spinLooks, run)
    this.#timeline = new Timeline(new Float64Array(events))
    this.#trigger = new Trigger(new Int32Array(trigger))
    this.#watched = watched
    this.#control = run.control
  }

  override write(word: Word, value: number): void {
    super.write(word, value)
    this.#wrote(word, value)
  }

  override store(word: Word, value: number): void {
    super.store(word, value)
    this.#wrote(word, value)
  }

  override broadcast(kind: number, units: number): void {
    this.#add(BROADCAST_BEGAN, kind)
    super.broadcast(kind, units)
    this.#add(BROADCAST_ENDED, kind)
  }

  override count(counter: number, by: number): void {
    super.count(counter, by)
    if (this.#trigger.counted(counter)) this.#add(COUNTED, counter)
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

  #wrote(word: Word, value: number): void {
    if (word === this.#watched.invalidateSeq) this.#add(SEQ, value)
    else if (word === this.#watched.invalidateInProgress) this.#add(IN_PROGRESS, value)
  }

  #add(code: number, value: number, amount = 0): void {
    if (this.#trigger.isPulled && this.#control.phase === MEASURE) this.#timeline.add(this.now(), code, value, amount)
  }
}
