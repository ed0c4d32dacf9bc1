import { type LockId, type Word, wordAt } from './cpu.ts'

/** Words on a line of 128 bytes: one 64-byte line and its neighbour, which the adjacent-line prefetch brings along. */
export const WORDS_PER_LINE = 32

/** A named piece of the layout: one word, or a table of `words` equal ones. */
export type Entry = {
  readonly name: string
  readonly word: Word
  readonly words: number
  /** The CPU that writes it, in words for the printed layout. */
  readonly writer: string
}

/** A lock that the run can keep statistics of. */
export type LockEntry = { readonly id: LockId; readonly name: string; readonly kind: string }

type Layout = { next: number; readonly entries: Entry[]; readonly locks: LockEntry[] }

/**
 * Where things lie in the shared memory. Placing is pure counting: every thread that builds the same things in the same
 * order gets the same words, so no layout is ever sent from one to another.
 *
 * Names nest: `place.within('mmuLock').line('cnts')` is `mmuLock.cnts` in every trace, report and message.
 */
export class Place {
  readonly #prefix: string
  readonly #layout: Layout

  constructor(prefix = '', layout: Layout = { next: 0, entries: [], locks: [] }) {
    this.#prefix = prefix
    this.#layout = layout
  }

  /** The same memory under a name. */
  within(name: string): Place {
    return new Place(this.#nameOf(name), this.#layout)
  }

  /** A word at the start of its own line: for contended words. */
  line(name: string, writer = 'any'): Word {
    this.#align()
    const word = this.#take(name, 1, writer)
    this.#align()
    return word
  }

  /** Words that share one line, in this order: for words used together, like neighbours in a kernel structure. */
  together<const N extends string>(names: readonly N[], writer = 'any'): Readonly<Record<N, Word>> {
    this.#align()
    const words = names.map((name) => [name, this.#take(name, 1, writer)] as const)
    this.#align()
    return Object.fromEntries(words) as Record<N, Word>
  }

  /** A table of `count` consecutive words, starting on a new line. */
  table(name: string, count: number, writer = 'any'): Word {
    this.#align()
    const word = this.#take(name, count, writer)
    this.#align()
    return word
  }

  /** What each CPU has of its own, by number. Throws a RangeError if `cpus` is no number of CPUs: a lock would lack their lines. */
  forEach<T>(cpus: number, make: (cpu: number) => T): T[] {
    if (Number.isInteger(cpus) && cpus > 0) return Array.from({ length: cpus }, (_, cpu) => make(cpu))
    const name = this.#prefix === '' ? 'this lock' : this.#prefix
    throw new RangeError(`${name} is placed for ${cpus} CPUs: give the number of CPUs that use it, at least 1`)
  }

  /** Registers a lock, named as this place, for the contention bookkeeping. */
  lock(kind: string): LockId {
    const id = this.#layout.locks.length as LockId
    this.#layout.locks.push({ id, name: this.#prefix, kind })
    return id
  }

  /** The number of placed words: the size of the memory to allocate. */
  get words(): number {
    return this.#layout.next
  }

  get entries(): readonly Entry[] {
    return this.#layout.entries
  }

  get locks(): readonly LockEntry[] {
    return this.#layout.locks
  }

  /** The name of a word, as `mmuLock.cnts` or `pageTables[1027]`. */
  nameOf(word: Word): string {
    const entry = this.#layout.entries.findLast((candidate) => candidate.word <= word)
    if (entry === undefined || word >= entry.word + entry.words) return `word ${word}`
    return entry.words === 1 ? entry.name : `${entry.name}[${word - entry.word}]`
  }

  #nameOf(name: string): string {
    return this.#prefix === '' ? name : `${this.#prefix}.${name}`
  }

  #take(name: string, words: number, writer: string): Word {
    const word = this.#layout.next as Word
    this.#layout.entries.push({ name: this.#nameOf(name), word, words, writer })
    this.#layout.next = wordAt(word, words)
    return word
  }

  #align(): void {
    this.#layout.next = Math.ceil(this.#layout.next / WORDS_PER_LINE) * WORDS_PER_LINE
  }
}

/** The layout as a table for people: `name, line, offset, written by`. */
export function layoutText(place: Place): string {
  const rows = place.entries.map(({ name, word, words, writer }) => [
    words === 1 ? name : `${name}[${words}]`,
    `${Math.floor(word / WORDS_PER_LINE)}`,
    `${(word % WORDS_PER_LINE) * 4}`,
    writer,
  ])
  const all = [['name', 'line', 'offset', 'written by'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)))
  return all
    .map(([name, line, offset, writer]) =>
      [name!.padEnd(widths[0]!), line!.padStart(widths[1]!), offset!.padStart(widths[2]!), writer].join('  '),
    )
    .join('\n')
}
