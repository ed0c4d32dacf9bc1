import {
  type Barrier,
  type ChangeOrder,
  type Cpu,
  FULL,
  type LockId,
  type Order,
  type Side,
  type Word,
} from '../shared-memory/cpu.ts'
import type { Op, OpKind } from '../shared-memory/op.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { MadeSteps } from './made-steps.ts'
import { refuse, userCode } from './user-code.ts'
import type { Words } from './words.ts'

/** Receives what a CPU does besides its steps, when it happens. */
export interface Observer {
  peek(word: Word): number
  poke(word: Word, value: number): void
  violation(oracle: number, value: number): void
  count(counter: number, by: number): void
  asked(isSignalPending: boolean): void
  acquired(lock: LockId, side: Side): void
  releasing(lock: LockId, side: Side): void
  /** About to hand out its next step. True if the result is known already: then it is `given`, and the step is not handed out. */
  asks(op: Op): boolean
  readonly given: number
}

/** The op that this CPU hands out next: one object for all its steps. */
type OwnOp = { -readonly [K in keyof Op]: Op[K] }

const NOTHING = -1 as Word

function* taking<T>(
  made: MadeSteps,
  observer: Observer,
  op: OwnOp,
  kind: OpKind,
  word: Word,
  a: number,
  b: number,
  order: ChangeOrder,
): Steps<T> {
  made.take()
  op.kind = kind
  op.word = word
  op.a = a
  op.b = b
  op.order = order
  if (observer.asks(op)) return observer.given as T
  return (yield op) as T
}

/** Steps are an iterator: a second `yield*` of the same ones would find them at their end, and take none. */
Object.defineProperty(taking.prototype, Symbol.iterator, {
  value(this: { isBegun?: boolean }) {
    if (this.isBegun === true) {
      refuse(
        `${userCode()} takes the same step twice; the second time it has no effect`,
        'Create a new step each time: `yield* cpu.load(word)` creates a step and takes it.',
      )
    }
    this.isBegun = true
    return this
  },
})

/**
 * The CPU of the checker: announces each instruction and waits for its result. Waits are ordinary instructions, which
 * the caller may delay. `work`, `broadcast`, `untilTime`, and the barriers if memory is sequentially consistent, are not
 * steps, because no actor could observe them.
 */
export class CheckedCpu implements Cpu {
  readonly id: number
  readonly #op: OwnOp = { kind: 'pause', word: NOTHING, a: 0, b: 0, order: FULL }
  readonly #observer: Observer
  readonly #words: Words
  readonly #showsBarriers: boolean
  readonly #made = new MadeSteps()
  /** How often a loop may still ask whether a signal is pending before one is. */
  patience: number

  constructor(id: number, observer: Observer, words: Words, patience: number, showsBarriers: boolean) {
    this.id = id
    this.#observer = observer
    this.#words = words
    this.patience = patience
    this.#showsBarriers = showsBarriers
  }

  /** Whether a value that an actor yields is the current step of this CPU. */
  isHandedOut(value: unknown): boolean {
    return value === this.#op
  }

  /** A step that was made and has not been taken, as `load x`. */
  unstepped(): string | undefined {
    return this.#made.left((word) => this.#words.nameOf(word))
  }

  /** The operands of an instruction: one word, and up to two values. */
  #step<T>(kind: OpKind, word: Word, a: number, b: number, order: ChangeOrder = FULL): Steps<T> {
    if (kind !== 'pause' && kind !== 'barrier') this.#words.check(kind, word)
    this.#words.checkValues(kind, word, a, b, order)
    this.#made.make(kind, word, this.#words)
    return taking<T>(this.#made, this.#observer, this.#op, kind, word, a, b, order)
  }

  read = (word: Word): Steps<number> => this.#step('read', word, 0, 0)
  write = (word: Word, value: number): Steps<void> => this.#step('write', word, value, 0)
  load = (word: Word): Steps<number> => this.#step('load', word, 0, 0)
  store = (word: Word, value: number): Steps<void> => this.#step('store', word, value, 0)
  loadAcquire = (word: Word): Steps<number> => this.#step('load', word, 1, 0)
  storeRelease = (word: Word, value: number): Steps<void> => this.#step('store', word, value, 1)
  add = (word: Word, value: number, order?: ChangeOrder): Steps<number> => this.#step('add', word, value, 0, order)
  sub = (word: Word, value: number, order?: ChangeOrder): Steps<number> => this.#step('sub', word, value, 0, order)
  and = (word: Word, mask: number, order?: ChangeOrder): Steps<number> => this.#step('and', word, mask, 0, order)
  or = (word: Word, mask: number, order?: ChangeOrder): Steps<number> => this.#step('or', word, mask, 0, order)
  xchg = (word: Word, value: number, order?: Order): Steps<number> => this.#step('xchg', word, value, 0, order)
  cas = (word: Word, expected: number, value: number, order?: Order): Steps<number> =>
    this.#step('cas', word, expected, value, order)
  untilEqual = (word: Word, value: number): Steps<void> => this.#step('untilEqual', word, value, 0)
  untilClear = (word: Word, mask: number): Steps<number> => this.#step('untilClear', word, mask, 0)
  park = (word: Word, expected: number): Steps<void> => this.#step('park', word, expected, 0)
  unpark = (word: Word, count: number): Steps<void> => this.#step('unpark', word, 0, count)
  pause = (): Steps<void> => this.#step('pause', NOTHING, 0, 0)

  barrier = (kind: Barrier): Steps<void> => {
    const step = this.#step<void>('barrier', NOTHING, kind, 0)
    return this.#showsBarriers ? step : this.#unseen()
  };

  /** A step that no actor sees: it counts as taken all the same. */
  *#unseen(): Steps<void> {
    this.#made.take()
  }
  *work(): Steps<void> {}
  *broadcast(): Steps<void> {}
  *untilTime(): Steps<void> {}

  peek = (word: Word): number => {
    this.#words.check('peek', word)
    return this.#observer.peek(word)
  }
  poke = (word: Word, value: number): void => {
    this.#words.check('poke', word)
    this.#observer.poke(word, value)
  }
  now = (): number => 0
  running = (): boolean => true
  needResched = (): boolean => false
  /** Makes every retry loop end: the bound is part of a verdict. */
  signalPending = (): boolean => {
    this.patience -= 1
    this.#observer.asked(this.patience < 0)
    return this.patience < 0
  }

  count = (counter: number, by: number): void => this.#observer.count(counter, by)
  countHighest = (): void => {}
  record = (): void => {}
  violation = (oracle: number, value: number): void => this.#observer.violation(oracle, value)
  contentionBegin = (): void => {}
  contentionEnd = (): void => {}
  acquired = (lock: LockId, side: Side): void => this.#observer.acquired(lock, side)
  releasing = (lock: LockId, side: Side): void => this.#observer.releasing(lock, side)
}
