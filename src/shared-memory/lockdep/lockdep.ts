import { type Cpu, type LockId, type Word, wordAt } from '../cpu.ts'
import type { Place } from '../place.ts'
import type { LockStanding } from './deadlock.ts'
import { type Dependency, EXCLUSIVE, type LockMode } from './graph.ts'

/** Lock classes there is room for, and locks that one CPU can hold at a time. */
const MOST_CLASSES = 32
const MOST_HELD = 15

/** Entries are counted from 1: the first word of `held` is the depth. */
const NOT_FOUND = 0

/** A held lock in a word: class, mode, whether it is still waited for, where. */
const MODE_SHIFT = 8
const WAITED_FOR = 1 << 10
const SITE_SHIFT = 16

/** A dependency in two words: its first sites and its modes as a set of pairs; and when it was first seen. */
const EDGE_WORDS = 2
const MODES = 3
const FROM_SITE_SHIFT = 16
const TO_SITE_SHIFT = 24

const TAKEN_ALONE = 1
const TAKEN_SHARED = 2

/**
 * The kernel's lockdep for the locks of a run: what each CPU holds, and which lock was ever wanted while which was held. It is
 * an oracle: it looks and leaves marks without a step. Each lock is a class of its own.
 *
 *   held[cpu]    how many locks the CPU holds or waits for, then a word for each     own line, written by that CPU
 *   edges[cpu]   two words for each pair of classes                                  written by that CPU
 *   usage[cpu]   how each class was ever taken                                       written by that CPU
 *   order        how many dependencies have been seen; may miss one now and then     written by the CPU that sees a new one
 */
export class Lockdep {
  readonly #cpus: number
  readonly #held: readonly Word[]
  readonly #edges: readonly Word[]
  readonly #usage: readonly Word[]
  readonly #order: Word
  /** In which function each CPU is, as far as it has said. Its own affair, so in no shared memory. */
  readonly #sites: Int32Array

  constructor(place: Place, cpus: number) {
    const table = (name: string, words: number) =>
      Array.from({ length: cpus }, (_, cpu) => place.table(`${name}${cpu}`, words, `cpu ${cpu}`))
    this.#cpus = cpus
    this.#held = table('held', MOST_HELD + 1)
    this.#edges = table('edges', MOST_CLASSES * MOST_CLASSES * EDGE_WORDS)
    this.#usage = table('usage', MOST_CLASSES)
    this.#order = place.line('order')
    this.#sites = new Int32Array(cpus)
  }

  /** From here on this CPU takes its locks at `site`. */
  at(cpu: Cpu, site: number): void {
    this.#sites[cpu.id] = site
  }

  /** `lock_acquire()`: before it is waited for. A try cannot wait, and depends on nothing. */
  acquire(cpu: Cpu, lock: LockId, mode: LockMode, isTry = false): void {
    if (lock >= MOST_CLASSES) return
    const held = this.#held[cpu.id]!
    const depth = cpu.peek(held)
    if (!isTry) {
      for (let index = 0; index < depth; index += 1) this.#depend(cpu, cpu.peek(wordAt(held, index + 1)), lock, mode)
    }
    this.#use(cpu, lock, mode)
    const site = this.#sites[cpu.id]!
    const entry = lock | (mode << MODE_SHIFT) | (isTry ? 0 : WAITED_FOR) | (site << SITE_SHIFT)
    if (depth >= MOST_HELD) return
    cpu.poke(wordAt(held, depth + 1), entry)
    cpu.poke(held, depth + 1)
  }

  /** `lock_acquired()`. */
  acquired(cpu: Cpu, lock: LockId): void {
    const index = this.#find(cpu, lock)
    if (index === NOT_FOUND) return
    const word = wordAt(this.#held[cpu.id]!, index)
    cpu.poke(word, cpu.peek(word) & ~WAITED_FOR)
  }

  /** `lock_release()`: called before the lock is released. */
  release(cpu: Cpu, lock: LockId): void {
    const index = this.#find(cpu, lock)
    if (index === NOT_FOUND) return
    const held = this.#held[cpu.id]!
    const depth = cpu.peek(held)
    for (let at = index; at < depth; at += 1) cpu.poke(wordAt(held, at), cpu.peek(wordAt(held, at + 1)))
    cpu.poke(held, depth - 1)
  }

  /** Every dependency that was seen, by anyone, in memory that may be of a run that is over. */
  dependenciesIn(words: Int32Array): Dependency[] {
    const all = this.#edges.flatMap((edges, cpu) =>
      Array.from({ length: MOST_CLASSES * MOST_CLASSES }, (_, pair) => pair).flatMap((pair) => {
        const word = words[edges + pair * EDGE_WORDS]!
        const from = Math.floor(pair / MOST_CLASSES)
        return modesIn(word).map(([fromMode, toMode]): Dependency => {
          const fromSite = (word >> FROM_SITE_SHIFT) & 0xff
          const toSite = (word >>> TO_SITE_SHIFT) & 0xff
          const order = words[edges + pair * EDGE_WORDS + 1]!
          return { from, fromMode, to: pair % MOST_CLASSES, toMode, fromSite, toSite, cpu, order }
        })
      }),
    )
    return firstOfEach(all)
  }

  /** The locks that each CPU holds and waits for at this moment. */
  standingsIn(words: Int32Array): LockStanding[] {
    return this.#held.map((held, cpu) => {
      const entries = Array.from({ length: Math.min(words[held]!, MOST_HELD) }, (_, index) => words[held + 1 + index]!)
      const decoded = entries.map((entry) => ({
        lock: entry & 0xff,
        mode: modeOf(entry),
        isWaited: isWaitedFor(entry),
      }))
      return {
        cpu,
        holds: decoded.filter(({ isWaited }) => !isWaited),
        wants: decoded.find(({ isWaited }) => isWaited),
      }
    })
  }

  /** Whether a class was ever taken exclusively, and whether it was ever shared. */
  usageIn(words: Int32Array, lock: number): { readonly isWritten: boolean; readonly isRead: boolean } {
    const usage = this.#usage.reduce((all, own) => all | words[own + lock]!, 0)
    return { isWritten: (usage & TAKEN_ALONE) !== 0, isRead: (usage & TAKEN_SHARED) !== 0 }
  }

  get cpus(): number {
    return this.#cpus
  }

  #depend(cpu: Cpu, entry: number, to: number, toMode: LockMode): void {
    const word = wordAt(this.#edges[cpu.id]!, ((entry & 0xff) * MOST_CLASSES + to) * EDGE_WORDS)
    const seen = cpu.peek(word)
    const pair = 1 << (modeOf(entry) * MODES + toMode)
    if ((seen & pair) !== 0) return
    const sites = ((entry >>> SITE_SHIFT) << FROM_SITE_SHIFT) | (this.#sites[cpu.id]! << TO_SITE_SHIFT)
    cpu.poke(word, seen === 0 ? sites | pair : seen | pair)
    if (seen !== 0) return
    const order = cpu.peek(this.#order) + 1
    cpu.poke(this.#order, order)
    cpu.poke(wordAt(word, 1), order)
  }

  #use(cpu: Cpu, lock: number, mode: LockMode): void {
    const word = wordAt(this.#usage[cpu.id]!, lock)
    const seen = cpu.peek(word)
    const use = mode === EXCLUSIVE ? TAKEN_ALONE : TAKEN_SHARED
    if ((seen & use) === 0) cpu.poke(word, seen | use)
  }

  /** The index of the youngest entry of that lock. Always a number: a function that may give nothing is not compiled. */
  #find(cpu: Cpu, lock: number): number {
    const held = this.#held[cpu.id]!
    for (let index = cpu.peek(held); index > 0; index -= 1) {
      if ((cpu.peek(wordAt(held, index)) & 0xff) === lock) return index
    }
    return NOT_FOUND
  }
}

const modeOf = (entry: number) => ((entry >> MODE_SHIFT) & 3) as LockMode
const isWaitedFor = (entry: number) => (entry & WAITED_FOR) !== 0

function modesIn(word: number): [LockMode, LockMode][] {
  const pairs = Array.from({ length: MODES * MODES }, (_, pair) => pair).filter((pair) => (word & (1 << pair)) !== 0)
  return pairs.map((pair) => [Math.floor(pair / MODES) as LockMode, (pair % MODES) as LockMode])
}

/** Dependencies that several CPUs have seen, each as it was seen first. */
function firstOfEach(all: readonly Dependency[]): Dependency[] {
  const first = new Map<string, Dependency>()
  for (const dependency of all.toSorted((a, b) => a.order - b.order)) {
    const { from, fromMode, to, toMode } = dependency
    const key = `${from}/${fromMode} ${to}/${toMode}`
    if (!first.has(key)) first.set(key, dependency)
  }
  return [...first.values()]
}
