import { type Barrier, type Cpu, type Direct, type LockId, MB, type Side, type Word } from '../shared-memory/cpu.ts'
import type { CpuRecords } from '../shared-memory/records.ts'
import type { Window } from '../workers/run-result.ts'
import { DRAIN, MEASURE, PARK, RunAborted, STOP, WARMUP } from './control.ts'
import type { CpuOfRun } from './cpu-of-run.ts'
import type { KeptWorker } from './kept.ts'
import { LockStatistics, placeOf } from './lock-statistics.ts'
import { countIn, holdWords, type Memory } from './memory.ts'
import { OpenWindow } from './open-window.ts'
import { KEEPS_ORDER } from './order.ts'
import { NAP_MS, sleep, wakeSleepers } from './sleep.ts'
import { turn } from './turn.ts'

/** How often a word is polled before the thread sleeps; 10 to 40 ns each. */
export const SPIN_LOOKS = 1000
/** The same when there are more threads than cores: the thread that is waited for may need this very core. */
export const SPIN_LOOKS_CROWDED = 50
/** `Atomics.wait` oversleeps by up to this much: shorter waits for a moment are spun. */
const OVERSLEEP_NS = 150_000
/**
 * Machine 1: a worker thread. Every instruction is the `Atomics` call that one would write by hand; a plain access is a
 * plain access. A wait spins for a bounded number of looks and then sleeps on the word, so that with more threads than
 * cores a lock is handed over at the price of a wake-up and not of a scheduler's time slice.
 *
 * A CPU that changes a word wakes its sleepers. So that this costs nothing while no CPU sleeps, sleepers are counted by line
 * and the count is read plainly: at worst, on a machine that orders loads weakly, a sleeper is missed and looks again by
 * itself after NAP_MS.
 *
 * With more threads than cores the host may queue a woken thread behind the one that woke it, which then re-takes a lock
 * by its fast path until its time slice is over. Stepping aside for threads that were woken and have not come does not
 * pay: with 8 threads on 2 cores a QRwLock changed hands every 0.1 ms instead of 0.8, at half the operations, and those of
 * an RwSem fell to a third.
 */
export class ThreadCpu implements Direct<Cpu> {
  readonly id: number
  readonly #memory: Memory
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #sleepers: Int32Array<SharedArrayBuffer>
  readonly #spinLooks: number
  readonly #run: CpuOfRun | undefined
  #records: CpuRecords | undefined
  #keepsLockStatistics: boolean
  #locks: LockStatistics
  #counters: Int32Array
  #phase = 0
  readonly #window = new OpenWindow()

  /** Throws a TypeError for what is no number of a CPU, or no memory of `allocate()`. */
  constructor(id: number, memory: Memory, spinLooks: number = SPIN_LOOKS, run?: CpuOfRun) {
    if (!Number.isInteger(id) || id < 0) throw new TypeError(`the number of a CPU is 0 or more, and not ${id}`)
    if (!(memory?.words instanceof Int32Array) || !(memory.sleepers instanceof Int32Array)) {
      throw new TypeError(
        'the memory of a ThreadCpu is what `allocate(place)` returns, or a copy that postMessage made',
      )
    }
    this.id = id
    this.#memory = memory
    this.#words = memory.words
    this.#sleepers = memory.sleepers
    this.#spinLooks = spinLooks
    this.#run = run
    this.#records = run?.unmeasured
    this.#keepsLockStatistics = run?.keepsLockStatistics ?? false
    this.#counters = run?.unmeasured.counters ?? new Int32Array(0)
    const locks = run?.measured.locks ?? 0
    this.#locks = new LockStatistics(holdWords(memory, id, locks), locks, run === undefined ? undefined : id)
    // The compiler takes a field that was written once for a constant, and throws the code away when it is written again:
    // without this, at the start of the measured window.
    if (run !== undefined) for (const records of [run.measured, run.unmeasured]) this.#recordIn(records)
    countIn(memory, id, this.#counters)
  }

  read(word: Word): number {
    return this.#words[word]!
  }

  write(word: Word, value: number): void {
    this.#words[word] = value
  }

  load(word: Word): number {
    return Atomics.load(this.#words, word)
  }

  store(word: Word, value: number): void {
    Atomics.store(this.#words, word, value)
    if (this.#sleepers[0] !== 0) this.wake(word)
  }

  /** As `load`: JavaScript has nothing weaker. */
  loadAcquire(word: Word): number {
    return Atomics.load(this.#words, word)
  }

  storeRelease(word: Word, value: number): void {
    Atomics.store(this.#words, word, value)
    if (this.#sleepers[0] !== 0) this.wake(word)
  }

  add(word: Word, value: number): number {
    const was = Atomics.add(this.#words, word, value)
    if (this.#sleepers[0] !== 0) this.wake(word)
    return was
  }

  sub(word: Word, value: number): number {
    const was = Atomics.sub(this.#words, word, value)
    if (this.#sleepers[0] !== 0) this.wake(word)
    return was
  }

  and(word: Word, mask: number): number {
    const was = Atomics.and(this.#words, word, mask)
    if (this.#sleepers[0] !== 0) this.wake(word)
    return was
  }

  or(word: Word, mask: number): number {
    const was = Atomics.or(this.#words, word, mask)
    if (this.#sleepers[0] !== 0) this.wake(word)
    return was
  }

  xchg(word: Word, value: number): number {
    const was = Atomics.exchange(this.#words, word, value)
    if (this.#sleepers[0] !== 0) this.wake(word)
    return was
  }

  cas(word: Word, expected: number, value: number): number {
    const was = Atomics.compareExchange(this.#words, word, expected, value)
    if (was === expected && this.#sleepers[0] !== 0) this.wake(word)
    return was
  }

  /** Only a fence orders a plain store before a later load. On x86 hardware keeps all other accesses in order. */
  barrier(kind: Barrier): void {
    if (kind === MB || !KEEPS_ORDER) Atomics.add(IDLE, 0, 0)
  }

  untilEqual(word: Word, value: number): void {
    if (Atomics.load(this.#words, word) !== value) this.#until(word, -1, value | 0)
  }

  untilClear(word: Word, mask: number): number {
    const seen = Atomics.load(this.#words, word)
    return (seen & mask) === 0 ? seen : this.#until(word, mask, 0)
  }

  park(word: Word, expected: number): void {
    if (Atomics.load(this.#words, word) !== expected) return
    this.#run?.status.parkBegin(word, expected)
    for (let look = 0; look < this.#spinLooks; look += 1) {
      pause()
      if (Atomics.load(this.#words, word) !== expected) break
    }
    while (Atomics.wait(this.#words, word, expected, NAP_MS) === 'timed-out') {
      if (this.#isAborted()) throw new RunAborted()
    }
    this.#run?.status.waitEnd()
  }

  unpark(word: Word, count: number): void {
    Atomics.notify(this.#words, word, count)
  }

  pause(): void {
    pause()
    // A thread that spins has time to hear that it is in vain.
    if (this.#isAborted()) throw new RunAborted()
  }

  untilTime(ns: number): void {
    for (;;) {
      const left = ns - this.now()
      if (left <= 0 || !this.#goesOn()) return
      if (left > OVERSLEEP_NS * 2) {
        Atomics.wait(IDLE, 0, 0, Math.min(NAP_MS, (left - OVERSLEEP_NS) / 1e6))
      } else {
        pause()
      }
    }
  }

  work(kind: number, units: number): void {
    const run = this.#run
    if (run !== undefined) turn(run.workTurns[kind]! * units)
  }

  broadcast(kind: number, units: number): void {
    const run = this.#run
    if (run === undefined) return
    for (let unit = 0; unit < units; unit += 1) {
      Atomics.add(run.interconnect, 0, 1)
      turn(run.broadcastTurns[kind]!)
    }
  }

  /** Oracles need their accesses in order, which on x86 plain ones are; an `Atomics` call takes 7 to 10 ns. */
  peek(word: Word): number {
    return KEEPS_ORDER ? this.#words[word]! : Atomics.load(this.#words, word)
  }

  poke(word: Word, value: number): void {
    if (KEEPS_ORDER) this.#words[word] = value
    else Atomics.store(this.#words, word, value)
  }

  now(): number {
    return (performance.now() - (this.#run?.originMs ?? 0)) * 1e6
  }

  running(): boolean {
    if (this.#run?.leads === true) this.#run.control.beginWanted()
    return this.#goesOn()
  }

  #goesOn(): boolean {
    const run = this.#run
    if (run === undefined) return true
    run.status.beat()
    const phase = run.control.phase
    if (phase !== this.#phase) this.#enter(phase, run)
    return phase !== STOP
  }

  signalPending(): boolean {
    const run = this.#run
    if (run === undefined) return false
    run.status.beat()
    return run.control.phase >= DRAIN
  }

  /** The host's scheduler preempts threads itself, without notice. */
  needResched(): boolean {
    return false
  }

  count(counter: number, by: number): void {
    this.#counters[counter]! += by
  }

  countHighest(counter: number, value: number): void {
    if (value > this.#counters[counter]!) this.#counters[counter] = value
  }

  record(histogram: number, ns: number): void {
    this.#records?.record(histogram, ns)
  }

  violation(oracle: number, value: number): void {
    // A property that is violated in the warm-up is violated.
    const records = this.#run?.measured ?? this.#records
    records?.violation(oracle, value)
  }

  contentionBegin(lock: LockId, side: Side): void {
    this.#run?.status.contentionBegin(lock, side)
    if (this.#keepsLockStatistics) this.#locks.waitBegins(lock, side, this.now())
    else this.#records?.contended(lock, side)
  }

  contentionEnd(lock: LockId, side: Side): void {
    this.#run?.status.contentionEnd(lock)
    if (this.#keepsLockStatistics) this.#locks.waitEnds(lock, side, this.now())
  }

  acquired(lock: LockId, side: Side): void {
    const place = placeOf(lock, side)
    if (!this.#locks.passesOver(place)) this.#locks.holdBegins(place, this.now())
  }

  releasing(lock: LockId, side: Side): void {
    const place = placeOf(lock, side)
    if (this.#locks.isTimed(place)) this.#locks.holdEnds(place, this.now())
  }

  /** For a CPU of no run: what its locks report is kept in `records` from now on, waiting and holding times as well. */
  keepStatistics(records: CpuRecords): void {
    this.#locks = new LockStatistics(holdWords(this.#memory, this.id, records.locks), records.locks, undefined)
    this.#recordIn(records)
    this.#keepsLockStatistics = true
  }

  /** Wakes the threads that sleep on a word that has changed. */
  wake(word: Word): void {
    wakeSleepers(this.#memory, word)
  }

  get window(): Window {
    return this.#window.closed()
  }

  /** The role has nothing left to do: its window ends here. */
  roleEnded(): void {
    if (this.#run !== undefined) this.#enter(Math.max(DRAIN, this.#run.control.phase), this.#run)
  }

  #enter(phase: number, run: CpuOfRun): void {
    const before = this.#phase
    this.#phase = phase
    if (phase === MEASURE) {
      this.#recordIn(run.measured)
      this.#window.begin(this.now())
    }
    if (before < DRAIN && phase >= DRAIN) {
      // It missed the whole window.
      if (before < MEASURE) this.#window.begin(this.now())
      this.#window.end(this.now())
      this.#recordIn(run.unmeasured)
      run.status.drained()
      run.kept?.closed(this.#window.closed())
      run.control.drainedOne(run.cpus, run.kept === undefined ? STOP : PARK)
      if (run.leads) run.kept?.leadsToPark()
    }
    if (run.kept !== undefined && run.control.phase === PARK) this.#park(run.kept)
  }

  /** The phase that it has seen is one before a window, so that it begins the window even if it misses the warm-up. */
  #park(kept: KeptWorker): void {
    this.#phase = kept.park() ? WARMUP : DRAIN
  }

  #recordIn(records: CpuRecords): void {
    this.#records = records
    this.#locks.recordIn(records)
    this.#counters = records.counters
    countIn(this.#memory, this.id, this.#counters)
  }

  #until(word: Word, mask: number, want: number): number {
    const status = this.#run?.status
    status?.waitBegin(word, mask, want)
    let seen = this.#spin(word, mask, want)
    if ((seen & mask) !== want) seen = sleep(this.#memory, word, mask, want, this.#run?.control)
    status?.waitEnd()
    return seen
  }

  #spin(word: Word, mask: number, want: number): number {
    for (let left = this.#spinLooks; ; left -= 1) {
      const seen = Atomics.load(this.#words, word)
      if ((seen & mask) === want || left <= 0) return seen
      pause()
    }
  }

  #isAborted(): boolean {
    return this.#run?.control.isAborted ?? false
  }
}

/** A word that never changes: to sleep on for a time. */
const IDLE = new Int32Array(new SharedArrayBuffer(4))

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => {})
