import type { Cpu } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { MemoryModel } from './memory/model.ts'

/** Something that steps: rebuilt, with all its local state, each time it is called. */
type ActorSource = (cpu: Cpu) => Steps<unknown>

export type Actor = {
  readonly name: string
  readonly start: ActorSource
  /** All its code takes steps by `yield*` only. Then it cannot tell whether it was suspended at a step whose result is known. */
  readonly onlyDelegates?: true
  /**
   * How to begin on an object that is all it holds besides its CPU. Building one takes long, so in the traced build, where no
   * field is private, a run may be given that of an earlier one, put back to what it was.
   */
  readonly reuses?: {
    readonly build: () => object
    readonly start: (cpu: Cpu, built: object) => Steps<unknown>
  }
}

/** A property that was violated. `value` says where: a gfn or a count. */
export type Finding = { readonly name: string; readonly says: string; readonly value: number }

/** The program to explore: actors over one shared memory, each with private local state. */
export type Program = {
  /** Names the words and locks, and says how many words there are. */
  readonly place: Place
  /** The memory before the first step. */
  readonly memory: Int32Array
  /** Runs first, alone, on the CPU of the first actor; the others begin with the resulting memory. */
  readonly before?: Actor
  readonly actors: readonly Actor[]
  /** The meaning of an actor's `cpu.violation(oracle, value)`. */
  readonly findingOf: (oracle: number, value: number) => Finding
  /** The properties that are violated at the end. */
  readonly atRest: (memory: Int32Array, results: readonly unknown[]) => readonly Finding[]
  /** Counters that must be counted in some execution, with the meaning if they are not. */
  readonly required: readonly Required[]
  /** An actor retries forever by design, because the event that it waits for never happens: livelocks are not searched. */
  readonly isUnended?: boolean
}

/** A behaviour that a protocol is there for: if no execution shows it, something is wrong although nothing is unsafe. */
type Required = { readonly anyOf: readonly number[]; readonly finding: Finding }

/** Options for running the actors of a program. */
export type BehaviourOptions = {
  /** How often a loop may ask for a pending signal before there is one. */
  readonly patience: number
  readonly memory?: MemoryModel
  /** Histories are never merged: the path to a node is the actor's history. */
  readonly isTree?: boolean
  /** Every `pause` is a step; otherwise only one that waits for a change, which depends on earlier observations. */
  readonly stopsAtPauses?: boolean
  /** The counters of which the sum is kept. */
  readonly counted?: readonly number[]
}
