// The library `faultline/checker`: explores a lock or a protocol of one's own. Inside the project import the file itself.
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Counts } from './exhaust.ts'
import { exploreProgram, LIMITS, type Limits } from './explore.ts'
import { Machine } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import type { Finding, Program } from './program.ts'
import { play } from './witness.ts'
import { witnessText } from './witness-text.ts'

export type Exploration<Subject> = {
  /** Places what the actors share, and returns it. Called for each actor anew: what it returns must not be shared otherwise. */
  readonly setup: (place: Place) => Subject
  /** By name. What `cpu.violation(0, value)` reports is a violation. */
  readonly actors: Readonly<Record<string, (cpu: Cpu, subject: Subject) => Steps<unknown>>>
  /** Words that do not begin as 0. */
  readonly initialise?: (words: Int32Array, subject: Subject) => void
  /** Asked when all have ended: a sentence that says what is wrong, or nothing. */
  readonly oracle?: (end: End<Subject>) => string | undefined
  readonly bound?: Partial<Limits>
}

export type End<Subject> = {
  readonly subject: Subject
  readonly valueIn: (word: Word) => number
  /** What the actors returned, in their order. */
  readonly results: readonly unknown[]
}

export type Answer = {
  /** Every interleaving within the bound is right; one is wrong; or the bound was reached first. */
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN'
  readonly memory: MemoryModel
  readonly findings: readonly Finding[]
  /** Who takes each step of the execution that is wrong, as indexes of `actors`; larger ones are stores and loads, see `--memory`. */
  readonly schedule: readonly number[] | null
  /** The execution, one column an actor. */
  readonly witness: string | null
  readonly counts: Counts
}

/** Explores every interleaving of the actors. */
export function explore<Subject>(exploration: Exploration<Subject>): Answer {
  const program = programOf(exploration)
  const limits = { ...LIMITS, ...exploration.bound }
  const { verdict, findings, schedule, patience, counts } = exploreProgram(program, limits)
  const played = schedule && play(new Machine(program, { patience, memory: limits.memory }), schedule)
  return { verdict, memory: limits.memory, findings, schedule, witness: played && witnessText(program, played), counts }
}

export function programOf<Subject>({ setup, actors, initialise, oracle }: Exploration<Subject>): Program {
  const place = new Place()
  const subject = setup(place)
  const memory = new Int32Array(place.words)
  initialise?.(memory, subject)
  return {
    place,
    memory,
    actors: Object.entries(actors).map(([name, act]) => ({ name, start: (cpu) => act(cpu, setup(new Place())) })),
    findingOf: (_, value) => ({ name: 'violation', says: 'an actor found a property violated', value }),
    atRest: (words, results) => {
      const says = oracle?.({ subject, valueIn: (word) => words[word]!, results })
      return says === undefined ? [] : [{ name: 'oracle', says, value: 0 }]
    },
    required: [],
  }
}
