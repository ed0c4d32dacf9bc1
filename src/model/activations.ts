import type { Steps } from '../shared-memory/steps.ts'

/** The state of a CPU's operation. */
export const GOES_ON = 0
/** Not begun: other CPUs have to catch up first. */
export const STANDS = 1
/** Waits for another CPU, and keeps its core busy meanwhile. */
export const SPINS = 2
/** Waits, and releases its core. */
export const SLEEPS = 3
export type Fate = typeof GOES_ON | typeof STANDS | typeof SPINS | typeof SLEEPS

/**
 * The saved state of a call that waits: the function, its `this`, the call that waits for it, the step at which it is entered again, and its
 * locals. The flat build writes and reads it (builds/resumable.ts). All have one shape, so any call may reuse one that is free.
 */
export class Activation {
  enter: (this: unknown, cpu: Activations) => unknown = enterSteps
  self: unknown
  /** While it is free: the next free one. */
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

/** The free activations, the last freed one first, because it is still in the host's cache. */
export type Unused = { last: Activation | undefined }

/**
 * The waiting calls of one CPU, the innermost first. A call that has to wait saves its state and returns, and so do its callers; when
 * the CPU continues only the innermost is entered again, and its caller when it has ended.
 */
export class Activations {
  fate: Fate = STANDS
  /** The result of the instruction that was carried out. */
  value = 0
  /** The call that is being entered, until it has restored its locals. */
  frame: Activation | undefined
  /** The result of the call that it waited for. */
  given: unknown
  readonly #unused: Unused
  #isOver = true
  #innermost: Activation | undefined
  /** The last call that saved its state since the CPU continued: the next one is its caller. */
  #saved: Activation | undefined

  constructor(unused: Unused) {
    this.#unused = unused
  }

  /** Not begun, or ended. */
  get isOver(): boolean {
    return this.#isOver
  }

  begin(role: () => unknown): void {
    this.#isOver = false
    this.#innermost = undefined
    this.#saved = undefined
    this.saved(enterRole, role, 0)
  }

  /** Runs until the CPU pauses or the calls have ended. */
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

  /** The saved state of the call that is being entered; it must be read before anything else is done. */
  taken(): Activation {
    const frame = this.frame!
    this.frame = undefined
    frame.caller = this.#unused.last
    this.#unused.last = frame
    return frame
  }

  /** Saves the state of the call: its locals go into the returned activation. */
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

  /** Runs the steps of a generator: it yields calls that were made, and this CPU for an instruction. */
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
