import { BROADCAST } from '../protocols/costs.ts'
import {
  AS_STORE,
  type Barrier,
  type ChangeOrder,
  type Cpu,
  FULL,
  type LockId,
  MB,
  type Side,
  type Word,
} from '../shared-memory/cpu.ts'
import type { Op } from '../shared-memory/op.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { Activations, type Fate, GOES_ON, SLEEPS, SPINS, STANDS } from './activations.ts'
import { BLAME } from './blame.ts'
import type { Caches } from './cache.ts'
import type { Costs } from './costs.ts'
import type { Ledger } from './ledger.ts'
import { LINE_SHIFT, type Lines, NO_CPU } from './lines.ts'
import type { LockTimes } from './lock-times.ts'
import type { SharedState, Turn } from './shared-state.ts'
import { MOST_AT_ONE_MOMENT, timeStands } from './time-stands.ts'
import type { Variation } from './variation.ts'

// Constants of the hot path stand here: imported from files of their own, they cost 5 % of the speed of `precheck` on 64 CPUs.

/** What a CPU stands before. */
const LOAD = 0
const STORE = 1
const ADD = 2
const SUB = 3
const AND = 4
const OR = 5
const XCHG = 6
const CAS = 7
const UNTIL = 8
const PARK = 9
const UNPARK = 10
const BROADCASTS = 11
const SLEEP = 12
const PAUSE = 13
const PART = 14
/** So many operations after the end of the run, a CPU that only works lets the others act, so that they come to their ends too. */
const MANY_AFTER_END = 1 << 16
/** For messages, by code. */
const NAMES = 'load store add sub and or xchg cas until park unpark broadcast untilTime pause store'.split(' ')

/**
 * Times of each CPU, ps, in one line of the host's cache: a thousand CPUs are more than that holds, and a number in a field
 * of its own would lie in a line of its own.
 *
 *   CLOCK
 *   ASKED        when it asked for the line that is on its way; NEVER: none is
 *   WAIT_BEGAN   NEVER: it does not wait
 *   STORED       when the last store that did not wait for its line is in the cache
 *   SLEEPS_UNTIL when it wakes. In a field with small integers, the first such time would change the shape of all CPUs, and with
 *                it all code that is compiled by then
 *   ASKED_RUNNING when its role last asked whether the run goes on, as it does once an operation
 */
const CLOCK = 0
const ASKED = 1
const WAIT_BEGAN = 2
const STORED = 3
const SLEEPS_UNTIL = 4
const ASKED_RUNNING = 5
export const TIMES = 8
const NEVER = -1

const BLAME_OF_BROADCAST = BROADCAST.map(({ on, name }) => {
  if (on === 'memory') return BLAME.bandwidth
  if (on === 'serial') return BLAME.event
  return name.startsWith('ic_') ? BLAME.icache : BLAME.flush
})
const IS_IPI = BROADCAST.map(({ on }) => on === 'ipi')

/**
 * Machine 2: a CPU in virtual time. An instruction is carried out at once, without pausing the protocol, while this CPU is
 * the earliest of all; else the protocol pauses and the others catch up first.
 *
 * With lines that it has, a CPU may run ahead of the others by as much time as a line needs from the nearest of them: what
 * they do meanwhile cannot have reached it yet. Every step still happens at one moment in one order, so whatever is modelled
 * is an interleaving that could be.
 *
 * It is the iterator of its own instructions, one for all: `yield*` asks it, and nothing is allocated.
 */
export class SimulatedCpu extends Activations implements Cpu {
  // What nearly every event reads comes first, so that few lines of the host's cache hold it.
  readonly id: number
  steps = 0
  #code = PAUSE
  #word = 0 as Word
  #a = 0
  #b = 0
  /** Where its own are among the times. */
  readonly #at: number
  readonly #times: Float64Array
  readonly #turn: Turn
  readonly #costs: Costs
  readonly #words: Int32Array
  readonly #caches: Caches
  readonly ledger: Ledger
  readonly #variation: Variation
  /** How much longer work takes here, because the other thread of the core works too. */
  readonly #slowdown: number
  readonly #locks: LockTimes
  /** The number of the step that releases the last lock. */
  #releasesAt = 0
  /** How often its role asked for the phase at ASKED_RUNNING. */
  #asksAtOnce = 0
  wantsResched = false
  /** The bits that a wait compares; it ends when they are #a. */
  #mask = 0
  #dvmSeen = 0
  readonly #lines: Lines
  readonly #shared: SharedState
  readonly #answer: { done: true; value: number } = { done: true, value: 0 }

  constructor(id: number, shared: SharedState, ledger: Ledger, slowdown: number) {
    super(shared.unused)
    this.id = id
    this.ledger = ledger
    this.#shared = shared
    this.#turn = shared.turn
    this.#times = shared.times
    this.#at = id * TIMES
    this.#times[this.#at + ASKED] = NEVER
    this.#times[this.#at + WAIT_BEGAN] = NEVER
    this.#costs = shared.costs
    this.#words = shared.words
    this.#lines = shared.lines
    this.#caches = shared.caches
    this.#slowdown = slowdown
    this.#variation = shared.variation
    this.#locks = shared.locks
  }

  /** ps. */
  get clock(): number {
    return this.#times[this.#at + CLOCK]!
  }

  set clock(time: number) {
    this.#times[this.#at + CLOCK] = time
  }

  /** Whether it holds a lock or waits for one, as far as locks are watched. A lock is held until the instruction that releases it is carried out. */
  get isAtLock(): boolean {
    return this.#locks.count(this.id) > 0 || (this.fate !== GOES_ON && this.steps === this.#releasesAt)
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Op, number> {
    if (this.fate !== GOES_ON) return PAUSED
    this.#answer.value = this.value
    return this.#answer
  }

  read(word: Word): Steps<number> {
    return this.load(word)
  }

  write(word: Word, value: number): Steps<void> {
    return this.store(word, value)
  }

  load(word: Word): Steps<number> {
    this.steps += 1
    if (this.clock < this.#turn.ownLimit && this.#caches.has(word >>> LINE_SHIFT, this.id)) {
      this.clock += this.#costs.load
      return this.#done(this.#words[word]!)
    }
    return this.#attempt(LOAD, word, 0, 0)
  }

  store(word: Word, value: number): Steps<void> {
    this.steps += 1
    if (this.clock < this.#turn.ownLimit && this.#caches.owns(word >>> LINE_SHIFT, this.id)) {
      this.clock += this.#costs.store
      this.#words[word] = value
      return this.#done(0)
    }
    return this.#attempt(STORE, word, value, 0)
  }

  loadAcquire(word: Word): Steps<number> {
    return this.load(word)
  }

  storeRelease(word: Word, value: number): Steps<void> {
    return this.store(word, value)
  }

  add(word: Word, value: number, order: ChangeOrder = FULL): Steps<number> {
    return order < AS_STORE ? this.#change(ADD, word, value, 0) : this.#store(ADD, word, value)
  }

  sub(word: Word, value: number, order: ChangeOrder = FULL): Steps<number> {
    return order < AS_STORE ? this.#change(SUB, word, value, 0) : this.#store(SUB, word, value)
  }

  and(word: Word, mask: number, order: ChangeOrder = FULL): Steps<number> {
    return order < AS_STORE ? this.#change(AND, word, mask, 0) : this.#store(AND, word, mask)
  }

  or(word: Word, mask: number, order: ChangeOrder = FULL): Steps<number> {
    return order < AS_STORE ? this.#change(OR, word, mask, 0) : this.#store(OR, word, mask)
  }

  xchg(word: Word, value: number): Steps<number> {
    return this.#change(XCHG, word, value, 0)
  }

  cas(word: Word, expected: number, value: number): Steps<number> {
    return this.#change(CAS, word, expected, value)
  }

  /** Every access is in order here, as with `Atomics`: a full barrier costs its time and that of stores under way, the others nothing. */
  barrier(kind: Barrier): Steps<void> {
    this.steps += 1
    if (kind === MB) {
      this.#drainStores()
      this.clock += this.#costs.fence
    }
    return this.#done(0)
  }

  untilEqual(word: Word, value: number): Steps<void> {
    this.steps += 1
    this.#mask = -1
    return this.#attempt(UNTIL, word, value | 0, 0)
  }

  untilClear(word: Word, mask: number): Steps<number> {
    this.steps += 1
    this.#mask = mask
    return this.#attempt(UNTIL, word, 0, 0)
  }

  park(word: Word, expected: number): Steps<void> {
    this.steps += 1
    return this.#attempt(PARK, word, expected, 0)
  }

  unpark(word: Word, count: number): Steps<void> {
    this.steps += 1
    return this.#attempt(UNPARK, word, count, 0)
  }

  /** Always lets the others act: what is waited for like this may take them any time. */
  pause(): Steps<void> {
    this.steps += 1
    this.clock += this.#costs.pause
    return this.#stand(PAUSE, this.#word, 0, 0)
  }

  untilTime(ns: number): Steps<void> {
    this.steps += 1
    this.#times[this.#at + SLEEPS_UNTIL] = Math.round(ns * 1000)
    return this.#stand(SLEEP, this.#word, 0, 0)
  }

  work(kind: number, units: number): Steps<void> {
    this.steps += 1
    const ps = Math.round(this.#costs.work[kind]! * units * this.#slowdown * this.#variation.of(units, this.id))
    this.clock += ps
    if (this.#costs.dvmStall > 0) this.#stall(ps)
    if (this.ledger.afterEnd > MANY_AFTER_END) return this.#stand(PAUSE, this.#word, 0, 0)
    return this.#done(0)
  }

  broadcast(kind: number, units: number): Steps<void> {
    this.steps += 1
    return this.#stand(BROADCASTS, this.#word, kind, units)
  }

  /** Carries out what it stands before, when it is this CPU's turn. */
  perform(): Fate {
    this.fate = this.#perform(this.#word >>> LINE_SHIFT)
    return this.fate
  }

  /** What it waited for has happened at `time`: it goes on, or looks at its word. */
  wake(time: number): void {
    if (time > this.clock) this.clock = time
    this.fate = STANDS
    if (this.#code === UNTIL) return
    if (this.#code === BROADCASTS) this.#endWait(BLAME_OF_BROADCAST[this.#a]!)
    if (this.#code === PARK) this.#endWait(this.#blameOfWait())
    this.#code = PAUSE
  }

  /** When a sleeper is to be woken: at its time, or to be told that it is no longer measured. Never, if others wake it. */
  get wakesAt(): number {
    if (this.#code !== SLEEP) return Number.POSITIVE_INFINITY
    const until = this.#times[this.#at + SLEEPS_UNTIL]!
    const latest = this.#shared.latest()
    return this.clock < latest ? Math.min(until, latest) : until
  }

  get isAsleepForTime(): boolean {
    return this.fate === SLEEPS && this.#code === SLEEP
  }

  /** It had no core meanwhile, which is no other CPU's fault. */
  hadNoCore(from: number, until: number): void {
    const time = Math.max(0, until - from)
    this.ledger.blame(BLAME.preemption, time)
    if (this.#times[this.#at + WAIT_BEGAN]! >= 0) this.#times[this.#at + WAIT_BEGAN]! += time
  }

  /** Whether it waits for others to answer, and could as well not be there. */
  get waitsForAnswers(): boolean {
    return this.#code === UNTIL && this.#blameOfWait() === BLAME.flush
  }

  /** What it stands before is paid for in time, and touches no word. */
  get standsBeforeNoAccess(): boolean {
    return this.#code === PAUSE || this.#code === BROADCASTS || this.#code === SLEEP
  }

  /** The CPU whose event comes before what it waits for, as far as it knows. */
  get follows(): number {
    return this.#times[this.#at + ASKED]! < 0 ? NO_CPU : this.#caches.follows(this.id)
  }

  get waitsForServer(): boolean {
    return this.#code === BROADCASTS || (this.#code === PAUSE && this.fate === STANDS)
  }

  /** For messages: what it stands before, and the word of it. */
  get pending(): { readonly name: string; readonly word: Word } {
    return { name: NAMES[this.#code]!, word: this.#word }
  }

  peek(word: Word): number {
    return this.#words[word]!
  }

  poke(word: Word, value: number): void {
    this.#words[word] = value
  }

  now(): number {
    return this.clock / 1000
  }

  running(): boolean {
    const { clock } = this
    if (clock !== this.#times[this.#at + ASKED_RUNNING]!) {
      this.#times[this.#at + ASKED_RUNNING] = clock
      this.#asksAtOnce = 0
    } else {
      this.#asksAtOnce += 1
      if (this.#asksAtOnce > MOST_AT_ONE_MOMENT) throw timeStands(clock, 'operations of a CPU')
    }
    return this.ledger.running(clock)
  }

  signalPending(): boolean {
    return this.clock >= this.#shared.latest()
  }

  needResched(): boolean {
    return this.wantsResched
  }

  count(counter: number, by: number): void {
    this.ledger.count(counter, by, this.clock)
  }

  countHighest(counter: number, value: number): void {
    this.ledger.countHighest(counter, value)
  }

  record(histogram: number, ns: number): void {
    this.ledger.recorder.record(histogram, ns)
  }

  violation(oracle: number, value: number): void {
    this.ledger.violation(oracle, value)
  }

  contentionBegin(lock: LockId, side: Side): void {
    this.#locks.waitBegins(this.id, this.ledger, lock, side, this.clock)
  }

  contentionEnd(lock: LockId, side: Side): void {
    this.#locks.waitEnds(this.id, this.ledger, lock, side, this.clock)
  }

  acquired(lock: LockId, side: Side): void {
    this.ledger.isYielding = false
    this.#locks.holdBegins(this.id, this.ledger, lock, side, this.clock)
  }

  releasing(lock: LockId, side: Side): void {
    this.#locks.holdEnds(this.id, this.ledger, lock, side, this.clock)
    this.#releasesAt = this.steps + 1
  }

  #done(value: number): Steps<never> {
    this.#goOn(value)
    return this as unknown as Steps<never>
  }

  #goOn(value: number): typeof GOES_ON {
    this.value = value
    this.fate = GOES_ON
    return GOES_ON
  }

  /** At once if no other CPU acts before, else when it is this CPU's turn. */
  #attempt(code: number, word: Word, a: number, b: number): Steps<never> {
    this.#stand(code, word, a, b)
    if (this.clock < this.#turn.limit) this.perform()
    return this as unknown as Steps<never>
  }

  #stand(code: number, word: Word, a: number, b: number): Steps<never> {
    this.#code = code
    // Some words come out of computations in doubles. In a field that once held a double, V8 gives each number an object of its own.
    this.#word = (word | 0) as Word
    this.#a = a
    this.#b = b
    this.fate = STANDS
    return this as unknown as Steps<never>
  }

  #change(code: number, word: Word, a: number, b: number): Steps<number> {
    this.steps += 1
    this.#drainStores()
    if (this.clock < this.#turn.ownLimit && this.#caches.owns(word >>> LINE_SHIFT, this.id)) {
      this.clock += this.#costs.change
      return this.#done(this.#apply(code, word, a, b))
    }
    return this.#attempt(code, word, a, b)
  }

  /** A change of bits that no other CPU changes, which the kernel stores: it need not wait for the line. */
  #store(code: number, word: Word, a: number): Steps<number> {
    this.steps += 1
    if (this.clock < this.#turn.ownLimit && this.#caches.owns(word >>> LINE_SHIFT, this.id)) {
      this.clock += this.#costs.store
      return this.#done(this.#apply(code, word, a, 0))
    }
    return this.#attempt(PART, word, a, code)
  }

  #apply(code: number, word: Word, a: number, b: number): number {
    const words = this.#words
    const was = words[word]!
    if (code === CAS) {
      if (was === (a | 0)) words[word] = b
    } else if (code === ADD) words[word] = was + a
    else if (code === SUB) words[word] = was - a
    else if (code === OR) words[word] = was | a
    else if (code === AND) words[word] = was & a
    else words[word] = a
    return was
  }

  #perform(line: number): Fate {
    switch (this.#code) {
      case LOAD:
        return this.#hasCopy(line) ? this.#goOn(this.#words[this.#word]!) : STANDS
      case STORE:
        if (!this.#retires(line) && !this.#hasAlone(line, this.#costs.store)) return STANDS
        this.#words[this.#word] = this.#a
        return this.#goOn(0)
      case PART:
        if (!this.#retires(line) && !this.#hasAlone(line, this.#costs.store)) return STANDS
        return this.#goOn(this.#apply(this.#b, this.#word, this.#a, 0))
      case UNTIL:
        return this.#look(line)
      case PARK:
        return this.#park(line)
      case UNPARK:
        this.clock += this.#costs.change
        this.#shared.unparked(this.#word, this.#a, this.clock)
        return this.#goOn(0)
      case BROADCASTS:
        return this.#broadcast(this.#a, this.#b)
      case SLEEP:
        return this.#sleep()
      case PAUSE:
        return this.#goOn(0)
      default:
        if (!this.#hasAlone(line, this.#costs.change)) return STANDS
        return this.#goOn(this.#apply(this.#code, this.#word, this.#a, this.#b))
    }
  }

  /** Whether a copy of the line is here; if not it is asked for, and this is tried again when it comes. */
  #hasCopy(line: number): boolean {
    if (this.#times[this.#at + ASKED]! >= 0) {
      this.#caches.copyArrives(line, this.id)
      this.#arrived()
    } else if (!this.#caches.has(line, this.id)) {
      this.#times[this.#at + ASKED] = this.clock
      this.clock = this.#caches.askCopy(line, this.id, this.clock)
      return false
    }
    this.clock += this.#costs.load
    return true
  }

  /**
   * Whether a store may leave its line to the store buffer: the line is asked for and comes later, and the CPU goes on. Memory
   * stays sequentially consistent, as a CPU that reads the line now waits behind the store. So it has to be the first in the queue for
   * the line: with others before it, it waits.
   */
  #retires(line: number): boolean {
    const times = this.#times
    if (times[this.#at + ASKED]! >= 0 || this.#caches.owns(line, this.id) || !this.#caches.isFree(line, this.clock))
      return false
    const { store } = this.#costs
    const stored = this.#caches.ask(line, this.id, this.clock, store) + store
    this.#caches.lineArrives(line, this.id, stored)
    if (stored > times[this.#at + STORED]!) times[this.#at + STORED] = stored
    this.clock += store
    return true
  }

  /** A full barrier, and an atomic, wait until the store buffer is empty. */
  #drainStores(): void {
    const stored = this.#times[this.#at + STORED]!
    if (stored <= this.clock) return
    this.ledger.blame(BLAME.coherence, stored - this.clock)
    this.clock = stored
  }

  /** The same for a line that is to be changed, and used for so long. */
  #hasAlone(line: number, use: number): boolean {
    if (this.#times[this.#at + ASKED]! >= 0) {
      this.#caches.lineArrives(line, this.id, this.clock + use)
      this.#arrived()
    } else if (!this.#caches.owns(line, this.id)) {
      this.#times[this.#at + ASKED] = this.clock
      this.clock = this.#caches.ask(line, this.id, this.clock, use)
      return false
    }
    this.clock += use
    return true
  }

  #arrived(): void {
    if (this.#times[this.#at + WAIT_BEGAN]! < 0)
      this.ledger.blame(BLAME.coherence, this.clock - this.#times[this.#at + ASKED]!)
    this.#times[this.#at + ASKED] = NEVER
  }

  /** A spinning CPU has a copy of the line, so it costs nothing until another CPU takes that away. */
  #look(line: number): Fate {
    if (!this.#hasCopy(line)) return STANDS
    const isFirst = this.#times[this.#at + WAIT_BEGAN]! < 0
    const seen = this.#words[this.#word]!
    if ((seen & this.#mask) === this.#a) {
      if (!isFirst) this.#endWait(this.#blameOfWait())
      return this.#goOn(seen)
    }
    if (isFirst) this.#times[this.#at + WAIT_BEGAN] = this.clock
    this.#lines.watch(line, this.id)
    return SPINS
  }

  /** Until its time has come, or how long it sleeps is no longer measured. */
  #sleep(): Fate {
    const isAsleep = this.#times[this.#at + WAIT_BEGAN]! >= 0
    if (this.clock < this.#times[this.#at + SLEEPS_UNTIL]! && this.running()) {
      if (!isAsleep) this.#times[this.#at + WAIT_BEGAN] = this.clock
      return SLEEPS
    }
    if (isAsleep) this.#endWait(BLAME.asleep)
    return this.#goOn(0)
  }

  #park(line: number): Fate {
    if (!this.#hasCopy(line)) return STANDS
    if (this.#words[this.#word] !== this.#a) return this.#goOn(0)
    this.#times[this.#at + WAIT_BEGAN] = this.clock
    this.#shared.parked(this.#word, this.id)
    return SLEEPS
  }

  #broadcast(kind: number, units: number): Fate {
    if (units <= 0) return this.#goOn(0)
    this.#times[this.#at + WAIT_BEGAN] = this.clock
    if (!IS_IPI[kind]) {
      this.#shared.post(this.id, kind, units, this.clock)
      return SPINS
    }
    const own = this.clock + Math.round(this.#costs.broadcast[kind]! * units)
    this.clock = Math.max(own, this.#shared.sendIpis(units, this.clock))
    this.#endWait(BLAME.flush)
    return this.#goOn(0)
  }

  #blameOfWait(): number {
    const blame = this.#shared.blames[this.#word >>> LINE_SHIFT]!
    const isLock = blame === BLAME['lock-holder'] || blame === BLAME['lock-queue']
    return isLock && this.ledger.isYielding ? BLAME.yield : blame
  }

  #endWait(blame: number): void {
    this.ledger.blame(blame, this.clock - this.#times[this.#at + WAIT_BEGAN]!)
    this.#times[this.#at + WAIT_BEGAN] = NEVER
  }

  /** The DVM domain asks every CPU, whichever an operation is for: each stands still for a moment for each of them. */
  #stall(most: number): void {
    const done = this.#shared.dvmOperations()
    const stall = Math.min(most, (done - this.#dvmSeen) * this.#costs.dvmStall)
    this.#dvmSeen = done
    this.clock += stall
    this.ledger.blame(BLAME.icache, stall)
  }
}

/**
 * What a CPU that has to wait answers the protocol: one object, so that it can be told from everything else. The op in it says
 * nothing, as the CPU keeps what it is about to do.
 */
export const PAUSED: IteratorResult<Op, number> = {
  done: false,
  value: { kind: 'pause', word: -1 as Word, a: 0, b: 0 },
}
