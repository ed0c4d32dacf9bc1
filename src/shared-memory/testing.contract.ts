// For tests: plays steps in a given order, so that a test shows one chosen interleaving.
import type { Barrier, Cpu, LockId, Side, Word } from './cpu.ts'
import type { Op, OpKind } from './op.ts'
import type { Place } from './place.ts'
import type { Steps } from './steps.ts'

/** Hands one op to the stage; what comes back is its value. */
function* step<T>(kind: OpKind, word = -1, a = 0, b = 0): Steps<T> {
  return (yield { kind, word: word as Word, a, b }) as T
}

/** A CPU on a stage: all it does is to say what it is about to do. */
export class StagedCpu implements Cpu {
  readonly id: number
  readonly #memory: Int32Array
  readonly counters = new Map<number, number>()
  readonly violations: { readonly oracle: number; readonly value: number }[] = []
  /** `begin 0/1` and `end 0/1`: contention on lock 0, to write. */
  readonly contention: string[] = []

  constructor(id: number, memory: Int32Array) {
    this.id = id
    this.#memory = memory
  }

  read = (word: Word): Steps<number> => step('read', word)
  write = (word: Word, value: number): Steps<void> => step('write', word, value)
  load = (word: Word): Steps<number> => step('load', word)
  store = (word: Word, value: number): Steps<void> => step('store', word, value)
  loadAcquire = (word: Word): Steps<number> => step('load', word)
  storeRelease = (word: Word, value: number): Steps<void> => step('store', word, value)
  add = (word: Word, value: number): Steps<number> => step('add', word, value)
  sub = (word: Word, value: number): Steps<number> => step('sub', word, value)
  and = (word: Word, mask: number): Steps<number> => step('and', word, mask)
  or = (word: Word, mask: number): Steps<number> => step('or', word, mask)
  xchg = (word: Word, value: number): Steps<number> => step('xchg', word, value)
  cas = (word: Word, expected: number, value: number): Steps<number> => step('cas', word, expected, value)
  barrier = (kind: Barrier): Steps<void> => step('barrier', -1, kind)
  untilEqual = (word: Word, value: number): Steps<void> => step('untilEqual', word, value)
  untilClear = (word: Word, mask: number): Steps<number> => step('untilClear', word, mask)
  park = (word: Word, expected: number): Steps<void> => step('park', word, expected)
  unpark = (word: Word, count: number): Steps<void> => step('unpark', word, 0, count)
  pause = (): Steps<void> => step('pause')
  untilTime = (ns: number): Steps<void> => step('untilTime', -1, ns)
  work = (kind: number, units: number): Steps<void> => step('work', -1, kind, units)
  broadcast = (kind: number, units: number): Steps<void> => step('broadcast', -1, kind, units)

  peek = (word: Word): number => this.#memory[word]!
  poke = (word: Word, value: number): void => void this.#memory.set([value], word)
  now = (): number => 0
  running = (): boolean => true
  signalPending = (): boolean => false
  needResched = (): boolean => false
  count = (counter: number, by: number): void => void this.counters.set(counter, this.counted(counter) + by)
  countHighest = (counter: number, value: number): void =>
    void this.counters.set(counter, Math.max(this.counted(counter), value))
  counted = (counter: number): number => this.counters.get(counter) ?? 0
  record = (): void => {}
  violation = (oracle: number, value: number): void => void this.violations.push({ oracle, value })
  contentionBegin = (lock: LockId, side: Side): void => void this.contention.push(`begin ${lock}/${side}`)
  contentionEnd = (lock: LockId, side: Side): void => void this.contention.push(`end ${lock}/${side}`)
  acquired = (): void => {}
  releasing = (): void => {}
}

type Actor = {
  readonly id: number
  readonly steps: Steps<unknown>
  op: Op | undefined
  isAsleep: boolean
  result: unknown
}

/** Actors on plain memory. Actor 0 runs on CPU 0, and so on; each stands before the first of its steps. */
export class Stage {
  readonly memory: Int32Array
  readonly cpus: readonly StagedCpu[]
  /** What was done so far, as `0 cas lock.val`. */
  readonly trace: string[] = []
  readonly #place: Place
  readonly #actors: readonly Actor[]

  constructor(
    place: Place,
    actors: readonly ((cpu: Cpu) => Steps<unknown>)[],
    memory: Int32Array = new Int32Array(place.words),
  ) {
    this.#place = place
    this.memory = memory
    this.cpus = actors.map((_, id) => new StagedCpu(id, memory))
    this.#actors = actors.map((actor, id) => {
      return { id, steps: actor(this.cpus[id]!), op: undefined, isAsleep: false, result: undefined }
    })
    for (const actor of this.#actors) advance(actor, 0)
  }

  /** Takes one step for each digit: `001` is two of actor 0, then one of actor 1. */
  play(schedule: string): this {
    for (const digit of schedule) {
      const actor = this.#actors[Number(digit)]!
      if (!this.#canStep(actor)) throw new Error(`actor ${digit} cannot step: it ${this.stateOf(actor.id)}`)
      this.#step(actor)
    }
    return this
  }

  /** Lets one actor step as long as it can. */
  run(actor: number): this {
    while (this.#canStep(this.#actors[actor]!)) this.#step(this.#actors[actor]!)
    return this
  }

  /** Lets one actor step until it stands before a step that matches, such as `/cas mmuLock/`. */
  runUntil(actor: number, before: RegExp): this {
    while (!before.test(this.stateOf(actor))) {
      if (!this.#canStep(this.#actors[actor]!)) {
        throw new Error(`actor ${actor} never came to ${before}: it ${this.stateOf(actor)}`)
      }
      this.#step(this.#actors[actor]!)
    }
    return this
  }

  /** Takes one step for each number: of the actors that can step, the one it picks. For schedules by chance. */
  pick(numbers: readonly number[]): this {
    for (const number of numbers) {
      const able = this.#actors.filter((actor) => this.#canStep(actor))
      if (able.length > 0) this.#step(able[number % able.length]!)
    }
    return this
  }

  /** Lets all take turns until no actor can step any more; true if that is because all have ended. */
  finish(): boolean {
    while (this.#actors.some((actor) => this.#canStep(actor))) {
      for (const actor of this.#actors) if (this.#canStep(actor)) this.#step(actor)
    }
    return this.#actors.every(({ op }) => op === undefined)
  }

  /** What an actor stands before: `has ended`, `waits at untilEqual serving`, `is about to cas val`. */
  stateOf(actor: number): string {
    const { op } = this.#actors[actor]!
    if (op === undefined) return 'has ended'
    return `${this.#canStep(this.#actors[actor]!) ? 'is about to' : 'waits at'} ${this.#textOf(op)}`
  }

  valueOf(word: Word): number {
    return this.memory[word]!
  }

  resultOf(actor: number): unknown {
    return this.#actors[actor]!.result
  }

  #textOf({ kind, word }: Op): string {
    return word < 0 ? kind : `${kind} ${this.#place.nameOf(word)}`
  }

  #canStep({ op, isAsleep }: Actor): boolean {
    if (op === undefined || isAsleep) return false
    const value = this.memory[op.word]!
    if (op.kind === 'untilEqual') return value === (op.a | 0)
    return op.kind !== 'untilClear' || (value & op.a) === 0
  }

  #step(actor: Actor): void {
    const op = actor.op!
    const was = this.memory[op.word] ?? 0
    this.trace.push(`${actor.id} ${this.#textOf(op)}`)
    if (op.kind === 'park' && was === op.a) {
      actor.isAsleep = true
      return
    }
    if (op.kind === 'unpark') this.#unpark(op)
    const after = CHANGES[op.kind]?.(was, op)
    if (after !== undefined) this.memory[op.word] = after
    advance(actor, was)
  }

  #unpark({ word, b: count }: Op): void {
    const asleep = this.#actors.filter((actor) => actor.isAsleep && actor.op!.word === word)
    for (const actor of asleep.slice(0, count)) {
      actor.isAsleep = false
      advance(actor, 0)
    }
  }
}

/** What becomes of a word that held `was`. */
const CHANGES: Partial<Record<OpKind, (was: number, op: Op) => number>> = {
  write: (_, { a }) => a,
  store: (_, { a }) => a,
  add: (was, { a }) => was + a,
  sub: (was, { a }) => was - a,
  and: (was, { a }) => was & a,
  or: (was, { a }) => was | a,
  xchg: (_, { a }) => a,
  cas: (was, { a, b }) => (was === (a | 0) ? b : was),
}

function advance(actor: Actor, value: number): void {
  const { done, value: next } = actor.steps.next(value)
  actor.op = done ? undefined : next
  if (done) actor.result = next
}
