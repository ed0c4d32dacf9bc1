import type { Word } from '../shared-memory/cpu.ts'
import { type Entry, type LockEntry, Place } from '../shared-memory/place.ts'
import { Refused } from './refused.ts'
import { asUser, refuse } from './user-code.ts'
import { Words } from './words.ts'

/** The placed words of a setup, and its return value. */
export type SetUp<Subject> = { readonly place: Place; readonly subject: Subject }

/** Calls a setup. Placing a word after it has returned is refused, because the memory has been allocated. */
export function setUp<Subject>(setup: (place: Place) => Subject): SetUp<Subject> {
  const entries = new Entries()
  const place = new Place('', { next: 0, entries, locks: [] as LockEntry[] })
  const subject = asUser('setup', () => setup(place))
  if (subject instanceof Promise) {
    subject.catch(() => {})
    throw new Refused('setup returns a promise', 'It must not be async: it places words, and returns them.')
  }
  entries.complete()
  return { place, subject }
}

/** What a lock may hold through its place; whether all are placed is no part of its state. */
class Entries extends Array<Entry> {
  #isComplete = false

  complete(): void {
    this.#isComplete = true
  }

  override push(...placed: Entry[]): number {
    if (this.#isComplete) {
      refuse(
        `${placed.map(({ name }) => `'${name}'`).join()} is placed after setup has returned`,
        'Place all words in `setup`.',
      )
    }
    return super.push(...placed)
  }
}

/** Each actor has its own subject, so a setup must do the same each time, and return a new object. */
export function compareSetUps<Subject>(one: SetUp<Subject>, other: SetUp<Subject>): void {
  if (typeof one.subject === 'object' && one.subject !== null && one.subject === other.subject) {
    throw new Refused('setup returns the same object each time', `Build its return value inside it: ${SHARED}`)
  }
  const layouts = [one, other].map(({ place }) =>
    place.entries.map(({ name, word, words }) => `${name} ${word} ${words}`),
  )
  const at = layouts[0]!.findIndex((entry, index) => entry !== layouts[1]![index])
  if (at >= 0 || layouts[0]!.length !== layouts[1]!.length) {
    const name = (one.place.entries[at] ?? other.place.entries[layouts[0]!.length])?.name
    throw new Refused(`setup places '${name}' in one call and not in another, or elsewhere`, DIFFERS)
  }
  const difference = differenceOf(one.subject, other.subject, 'what setup returns', new Set())
  if (difference !== undefined) throw new Refused(`setup differs from call to call: ${difference}`, DIFFERS)
}

const SHARED = 'actors share nothing but the words of the memory.'
const DIFFERS = `It is called once for each actor, and must do the same each time: ${SHARED}`

/** Describes a difference between two values. Functions count as equal: a difference shows when they run. */
function differenceOf(one: unknown, other: unknown, path: string, met: Set<unknown>): string | undefined {
  if (typeof one === 'function' && typeof other === 'function') return undefined
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return Object.is(one, other) ? undefined : `${path} is ${String(one)}, and then ${String(other)}`
  }
  if (met.has(one)) return undefined
  met.add(one)
  if (one instanceof Date || one instanceof Map || one instanceof Set) {
    return differenceOf(contentOf(one), contentOf(other), path, met)
  }
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const difference = differenceOf(Reflect.get(one, key), Reflect.get(other, key), `${path}.${key}`, met)
    if (difference !== undefined) return difference
  }
  return undefined
}

const contentOf = (value: object): unknown =>
  value instanceof Date ? value.getTime() : value instanceof Map || value instanceof Set ? [...value] : value

/** The memory before the first step. */
export function initialMemory<Subject>(
  { place, subject }: SetUp<Subject>,
  initialise: ((words: Int32Array, subject: Subject) => void) | undefined,
): Int32Array {
  const memory = new Int32Array(place.words)
  if (initialise !== undefined) asUser('initialise', () => initialise(checked(memory, new Words(place)), subject))
  return memory
}

/** The words, of which only those can be set and read that were placed. */
const checked = (memory: Int32Array, words: Words): Int32Array =>
  new Proxy(memory, {
    get(target, key) {
      if (isIndex(key)) words.check('a look at', Number(key))
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set(target, key, value) {
      const word = isIndex(key) ? Number(key) : (String(key) as unknown as number)
      words.check('a value', word)
      words.checkValues('store', word, value as number, 0, 0)
      return Reflect.set(target, key, value, target)
    },
  })

const isIndex = (key: PropertyKey): boolean => typeof key === 'string' && /^-?\d+$/.test(key)

/** The same setup, called once more, must lead to the same memory. */
export function compareMemories(place: Place, one: Int32Array, other: Int32Array): void {
  const word = one.findIndex((value, at) => value !== other[at])
  if (word < 0) return
  throw new Refused(
    `initialise leaves ${one[word]} in ${place.nameOf(word as Word)}, and ${other[word]} when it is called again`,
    'The start of a program must not depend on randomness, time or earlier runs.',
  )
}
