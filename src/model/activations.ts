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
 * holds. The flat build writes it and reads it (builds/resumable.ts). All are of one shape, so that any call may use what another has left.
 */
export class Activation {
  enter: (this: unknown, cpu: Activations) => unknown = enterSteps
  self: unknown
  /** While no call uses it: the next that none uses. */
  caller: Activation | undefined
  at = 0
  h0: unknown
  h1: unknown
  h2: unknown
  h3: unknown
  h4: unknown
  h5: unknown
  h6: unknown
  h7: unknown
  h8: unknown
  h9: unknown
  h10: unknown
  h11: unknown
  h12: unknown
  h13: unknown
  h14: unknown
  h15: unknown
}

/** The activations that no call uses, the last that was left first: it is still in the host's cache. */
export type Unused = { last: Activation | undefined }

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
  readonly #unused: Unused
  #isOver = true
  #innermost: Activation | undefined
  /** The last that saved itself since the CPU went on: the next is the one around it. */
  #saved: Activation | undefined

  constructor(unused: Unused) {
    this.#unused = unused
  }

  /** Not begun, or at its end. */
  get isOver(): boolean {
    return this.#isOver
  }

  begin(role: () => unknown): void {
    this.#isOver = false
    this.#innermost = undefined
    this.#saved = undefined
    this.saved(enterRole, role, 0)
  }

  /** Goes on until the CPU pauses, or there is nothing left to do. */
  goOn(): void {
    let value: unknown = this.value
    for (let frame = this.#innermost; frame !== undefined; frame = this.#innermost) {
      this.#innermost = frame.caller
      this.#saved = undefined
      this.frame = frame
      this.given = value
      value = frame.enter.call(frame.self, this)
      if (this.fate !== GOES_ON) return
    }
    this.#isOver = true
  }

  /** What the call that is entered had saved, to be read before anything else is done. */
  taken(): Activation {
    const frame = this.frame!
    this.frame = undefined
    frame.caller = this.#unused.last
    this.#unused.last = frame
    return frame
  }

  /** The call saves itself: what it holds goes into what this returns. */
  saved(enter: Activation['enter'], self: unknown, at: number): Activation {
    const unused = this.#unused
    const frame = unused.last ?? new Activation()
    unused.last = frame.caller
    frame.enter = enter
    frame.self = self
    frame.at = at
    if (this.#saved === undefined) {
      frame.caller = this.#innermost
      this.#innermost = frame
    } else {
      frame.caller = this.#saved.caller
      this.#saved.caller = frame
    }
    this.#saved = frame
    return frame
  }

  /** The steps of a generator: what it hands out is a call that has been made, and an instruction is this CPU. */
  goThrough(steps: Steps<unknown>, from?: unknown): unknown {
    let given = from
    for (;;) {
      const { done, value } = steps.next(given as number)
      if (done) return value
      const made: unknown = isSteps(value) ? this.goThrough(value) : value
      if (this.fate !== GOES_ON) {
        this.saved(enterSteps, steps, 0)
        return undefined
      }
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
