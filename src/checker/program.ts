import type { Cpu } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { MemoryModel } from './memory/model.ts'

/** Something that steps: rebuilt, with all its local state, each time it is called. */
type ActorSource = (cpu: Cpu) => Steps<unknown>

export type Actor = { readonly name: string; readonly start: ActorSource }

/** A property that was violated. `value` says where: a gfn or a count. */
export type Finding = { readonly name: string; readonly says: string; readonly value: number }

/** What is explored: actors over one shared memory, each with local state of its own. */
export type Program = {
  /** Names the words and locks, and says how many words there are. */
  readonly place: Place
  /** The memory before the first step. */
  readonly memory: Int32Array
  /** Runs first, alone, on the CPU of the first actor: what it leaves in memory is where the others begin. */
  readonly before?: Actor
  readonly actors: readonly Actor[]
  /** What an actor means by `cpu.violation(oracle, value)`. */
  readonly findingOf: (oracle: number, value: number) => Finding
  /** What does not hold when all have ended. */
  readonly atRest: (memory: Int32Array, results: readonly unknown[]) => readonly Finding[]
  /** Counters that must be counted in some execution: each with what it means if they are not. */
  readonly required: readonly Required[]
  /** An actor retries for ever by design, since what it waits for is never done here: no livelock is looked for. */
  readonly isUnended?: boolean
}

/** A behaviour that a protocol is there for: if no execution shows it, something is wrong although nothing is unsafe. */
type Required = { readonly anyOf: readonly number[]; readonly finding: Finding }

/** How the actors of a program are run. */
export type BehaviourOptions = {
  /** How often a loop may ask for a pending signal before there is one. */
  readonly patience: number
  readonly memory?: MemoryModel
  /** Histories are never merged: what an actor did is the path to its node. */
  readonly isTree?: boolean
  /** Every `pause` is a step; else only one that waits for a change, which depends on what was seen before. */
  readonly stopsAtPauses?: boolean
  /** The counters of which the sum is kept. */
  readonly counted?: readonly number[]
}
