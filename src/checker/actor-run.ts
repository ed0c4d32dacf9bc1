import { atThrown } from '../patches/place-in.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { CheckedCpu } from './checked-cpu.ts'
import type { Actor } from './program.ts'
import { Refused } from './refused.ts'
import type { HeldObjects } from './tracing/held-objects.ts'
import { asUser } from './user-code.ts'
import { YIELD_STAR } from './yield-star.ts'

/** The state of an actor: before an instruction, at its end, or failed. */
export type Stand =
  | { readonly kind: 'asks' }
  | { readonly kind: 'ended'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly error: unknown; readonly message: string }

const ASKS: Stand = { kind: 'asks' }

/** One run of an actor from its start. Anything that is not a step by the rules is refused with a sentence. */
export class ActorRun {
  readonly cpu: CheckedCpu
  /** What it holds, by root: the first class instance among its live locals, such as the VM. */
  readonly held = new Map<object, HeldObjects>()
  readonly #name: string
  #own: HeldObjects | undefined
  readonly #steps: Steps<unknown>

  /** `own`: the object that it begins on, where the actor is given one. */
  constructor({ name, start, reuses }: Actor, cpu: CheckedCpu, own?: HeldObjects) {
    this.cpu = cpu
    this.#name = name
    this.#own = own
    if (own !== undefined) this.held.set(own.root, own)
    const made = asUser(`actor '${name}'`, () => (own === undefined ? start(cpu) : reuses!.start(cpu, own.root)))
    this.#steps = stepsOf(name, made, cpu)
  }

  /** The run is given up: what it began on, for another one. */
  letGo(): HeldObjects | undefined {
    const own = this.#own
    this.#own = undefined
    return own
  }

  /** Hands an answer over and lets the actor run to its next instruction. */
  resume(answer: number): Stand {
    const stand = asUser(`actor '${this.#name}'`, () => this.#next(answer))
    const left = stand.kind === 'asks' ? undefined : this.cpu.unstepped()
    if (left === undefined) return stand
    const after = stand.kind === 'threw' ? `, and then failed: ${stand.message}` : ''
    throw new Refused(`actor '${this.#name}' made ${left} and never took it${after}`, YIELD_STAR)
  }

  #next(answer: number): Stand {
    let next: IteratorResult<unknown, unknown>
    try {
      next = this.#steps.next(answer)
    } catch (error) {
      if (error instanceof Refused) throw error
      const place = atThrown(error)
      const message = error instanceof Error ? error.message : String(error)
      return { kind: 'threw', error, message: place === undefined ? message : `${message}, ${place}` }
    }
    // A result outlives the run.
    if (next.done && typeof next.value === 'object') this.#own = undefined
    if (next.done) return { kind: 'ended', result: next.value }
    if (this.cpu.isHandedOut(next.value)) return ASKS
    throw new Refused(`actor '${this.#name}' yields ${textOf(next.value)}, which is not a step`, YIELD_STAR)
  }
}

function stepsOf(name: string, made: unknown, cpu: CheckedCpu): Steps<unknown> {
  if (isGenerator(made)) return made as Steps<unknown>
  // Its outcome is irrelevant, and must not end the process.
  if (made instanceof Promise) made.catch(() => {})
  const left = cpu.unstepped()
  const because = left === undefined ? '' : `, and made ${left} without taking it`
  throw new Refused(
    `actor '${name}' returns ${textOf(made)} instead of steps${because}`,
    `An actor is a generator function: \`function* (cpu, subject) { ... }\`, neither async nor plain. ${YIELD_STAR}`,
  )
}

const isGenerator = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && 'next' in value

function textOf(value: unknown): string {
  if (value instanceof Promise) return 'a promise'
  if (isGenerator(value)) return 'steps that were not taken'
  if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value)
    return 'the steps of an async function'
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
