import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { refuseUnknown } from './bounds.ts'
import type { Limits } from './limits.ts'
import { namedResults, type Results } from './named-results.ts'
import type { Program } from './program.ts'
import { Refused } from './refused.ts'
import { compareMemories, compareSetUps, initialMemory, setUp } from './setup.ts'
import { FAIRNESS, type Fairness } from './starvation.ts'
import { asUser } from './user-code.ts'
import { Words } from './words.ts'

export type Exploration<Subject> = {
  /** Places the shared words, and returns them. Called once for each actor; the returned object must not be shared in any other way. */
  readonly setup: (place: Place) => Subject
  /** By name. What `cpu.violation(0, value)` reports is a violation. */
  readonly actors: Readonly<Record<string, (cpu: Cpu, subject: Subject) => Steps<unknown>>>
  /** Words that do not begin as 0. */
  readonly initialise?: (words: Int32Array, subject: Subject) => void
  /** Called when all have ended: returns a sentence if something is wrong. Use `allEnd` if there is nothing to check. */
  readonly oracle?: (end: End<Subject>) => string | undefined
  /** Actors that must end in every fair execution, even if others run forever. */
  readonly mustEnd?: readonly string[]
  /** The fairness of the scheduler: see docs/checking.md. The default is `weak`. */
  readonly fairness?: Fairness
  readonly bound?: Partial<Limits>
}

export type End<Subject> = {
  readonly subject: Subject
  readonly valueIn: (word: Word) => number
  /** The return values of the actors, in their order and by their names. */
  readonly results: Results
}

/** The oracle of an exploration that requires only that all actors end, in every order of their steps. */
export const allEnd = (): undefined => undefined

const KEYS: readonly string[] = ['setup', 'actors', 'initialise', 'oracle', 'mustEnd', 'fairness', 'bound']
/** One bit each, in a number of 32. */
const MOST_ACTORS = 31

/** An exploration as the checker runs it; throws `Refused` where its shape or its set-up is not one that can be explored. */
export function programOf<Subject>(exploration: Exploration<Subject>): Program {
  checkShape(exploration)
  const { setup, actors, initialise, oracle } = exploration
  const first = setUp(setup)
  const second = setUp(setup)
  compareSetUps(first, second)
  const { place, subject } = first
  const memory = initialMemory(first, initialise)
  compareMemories(place, memory, initialMemory(second, initialise))
  const words = new Words(place)
  const names = Object.keys(actors)
  return {
    place,
    memory,
    actors: Object.entries(actors).map(([name, act]) => ({
      name,
      // Called while the actor counts as the running code.
      start: (cpu) => act(cpu, setUp(setup).subject),
    })),
    findingOf: (_, value) => ({ name: 'violation', says: 'an actor found a property violated', value }),
    atRest: (at, results) => {
      const valueIn = (word: Word) => {
        words.check('the value', word)
        return at[word]!
      }
      const says =
        oracle && asUser('the oracle', () => oracle({ subject, valueIn, results: namedResults(results, names) }))
      if (says === undefined) return []
      if (typeof says === 'string') return [{ name: 'oracle', says, value: 0 }]
      throw new Refused(
        `the oracle returns ${String(says)}`,
        'It returns a sentence that says what is wrong, or undefined.',
      )
    },
    required: [],
    // Then only the actors that must end are checked, and the others may run forever.
    isUnended: (exploration.mustEnd ?? []).length > 0,
  }
}

function checkShape<Subject>(exploration: Exploration<Subject>): void {
  if (typeof exploration !== 'object' || exploration === null) {
    throw new Refused('there is nothing to explore', 'Give an object with `setup` and `actors`.')
  }
  refuseUnknown('the exploration', exploration, KEYS)
  const { setup, actors, initialise, oracle } = exploration
  for (const [name, value] of Object.entries({ setup, initialise, oracle })) {
    const isLeftOut = value === undefined && name !== 'setup'
    if (!isLeftOut && typeof value !== 'function') throw new Refused(`${name} is ${typeof value}`, 'It is a function.')
  }
  if (typeof actors !== 'object' || actors === null) throw new Refused('there are no actors', ACTORS)
  const entries = Object.entries(actors)
  if (entries.length === 0) throw new Refused('there are no actors', ACTORS)
  if (entries.length > MOST_ACTORS) {
    throw new Refused(
      `there are ${entries.length} actors`,
      `At most ${MOST_ACTORS} are supported; with more than four, an exploration rarely finishes.`,
    )
  }
  for (const [name, act] of entries) {
    if (typeof act !== 'function') throw new Refused(`actor '${name}' is ${typeof act}`, ACTORS)
  }
  checkFairness(exploration)
}

function checkFairness<Subject>({ actors, mustEnd = [], fairness = 'weak', bound }: Exploration<Subject>): void {
  if (!FAIRNESS.includes(fairness))
    throw new Refused(`fairness is '${fairness}'`, `It is one of: ${FAIRNESS.join(', ')}.`)
  if (!Array.isArray(mustEnd)) throw new Refused('mustEnd is no list', 'It lists names of actors.')
  for (const name of mustEnd) {
    if (actors[name] === undefined)
      throw new Refused(
        `mustEnd names '${name}', which is not an actor`,
        `There are: ${Object.keys(actors).join(', ')}.`,
      )
  }
  if (mustEnd.length > 0 && (bound?.memory ?? 'sc') !== 'sc') {
    throw new Refused(
      `mustEnd is given with bound.memory '${bound?.memory}'`,
      'Fairness is supported with sc memory only.',
    )
  }
}

const ACTORS = '`actors` holds generator functions by name: `{ left: function* (cpu, subject) { ... } }`.'
