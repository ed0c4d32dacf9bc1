import type { Steps } from '../shared-memory/steps.ts'

/** What has become of a CPU's operation. */
export const GOES_ON = 0
/** It stands before it: the others have to catch up first. */
export const STANDS = 1
/** It waits for what another does, and keeps its core busy with that. */
export const SPINS = 2
/** It waits, and gives its core away. */
export const SLEEPS = 3
export type Fate = typeof GOES_ON | typeof STANDS | typeof SPINS | typeof SLEEPS

/**
 * A call that waits, as it saved itself: the function, its `this`, the call that waits for it, the step that it is entered at, and what it
 * holds. The flat build writes them and reads them (builds/resumable.ts).
 */
export type Activation = [
  enter: (this: unknown, cpu: Activations) => unknown,
  self: unknown,
  caller: Activation | undefined,
  at: number,
  ...held: unknown[],
]

const ENTER = 0
const SELF = 1
const CALLER = 2

/**
 * The calls of one CPU that wait, the innermost first. A call that has to wait saves itself and returns, and so do those around it; when
 * the CPU goes on only the innermost is entered again, and the one around it when it has come to its end.
 */
export class Activations {
  fate: Fate = STANDS
  /** What an instruction that was carried out has given. */
  value = 0
  /** The call that is entered, until it has taken what it held. */
  frame: Activation | undefined
  /** What the call has given for which it waited. */
  given: unknown
  #isOver = true
  #innermost: Activation | undefined
  /** The last that saved itself since the CPU went on: the next is the one around it. */
  #saved: Activation | undefined

  /** Not begun, or at its end. */
  get isOver(): boolean {
    return this.#isOver
  }

  begin(role: () => unknown): void {
    this.#isOver = false
    this.#innermost = [enterRole, role, undefined, 0]
  }

  /** Goes on until the CPU pauses, or there is nothing left to do. */
  goOn(): void {
    let value: unknown = this.value
    for (let frame = this.#innermost; frame !== undefined; frame = this.#innermost) {
      this.#innermost = frame[CALLER]
      this.#saved = undefined
      this.frame = frame
      this.given = value
      value = frame[ENTER].call(frame[SELF], this)
      if (this.fate !== GOES_ON) return
    }
    this.#isOver = true
  }

  taken(): Activation {
    const { frame } = this
    this.frame = undefined
    return frame!
  }

  save(frame: Activation): undefined {
    if (this.#saved === undefined) {
      frame[CALLER] = this.#innermost
      this.#innermost = frame
    } else {
      frame[CALLER] = this.#saved[CALLER]
      this.#saved[CALLER] = frame
    }
    this.#saved = frame
  }

  /** The steps of a generator: what it hands out is a call that has been made, and an instruction is this CPU. */
  goThrough(steps: Steps<unknown>, from?: unknown): unknown {
    let given = from
    for (;;) {
      const { done, value } = steps.next(given as number)
      if (done) return value
      const made: unknown = isSteps(value) ? this.goThrough(value) : value
      if (this.fate !== GOES_ON) return this.save([enterSteps, steps, undefined, 0])
      given = made === this ? this.value : made
    }
  }
}

function enterRole(this: unknown, cpu: Activations): unknown {
  cpu.taken()
  const begun = (this as () => unknown)()
  return isSteps(begun) ? cpu.goThrough(begun) : begun
}

function enterSteps(this: unknown, cpu: Activations): unknown {
  cpu.taken()
  return cpu.goThrough(this as Steps<unknown>, cpu.given)
}

const isSteps = (value: unknown): value is Steps<unknown> =>
  typeof value === 'object' && value !== null && Reflect.get(value, Symbol.toStringTag) === 'Generator'
