import { KEEPS_ORDER } from '../order.ts'
import type { Code } from './encode.ts'
import {
  ATOMIC_LOAD,
  ATOMIC_STORE,
  COMPARE_EXCHANGE,
  COMPARISONS,
  call,
  constant,
  getLocal,
  PLAIN_LOAD,
  PLAIN_STORE,
  READ_MODIFY_WRITE,
  setLocal,
  TO_ADDRESS,
  teeLocal,
  when,
  whenUnlikely,
} from './instructions.ts'

/** The counter of sleepers, in words, and the function that wakes them: see ThreadCpu. */
export type Sleepers = { readonly word: number; readonly wake: number }

/** A shared word: its index as a constant, or in a local. */
export type At = { readonly word: number } | { readonly local: number }

const indexOf = (at: At): Code => ('word' in at ? constant(at.word) : getLocal(at.local))
const addressOf = (at: At): Code => ('word' in at ? constant(at.word * 4) : [...getLocal(at.local), ...TO_ADDRESS])

const wake = (at: At, { word, wake }: Sleepers): Code =>
  whenUnlikely([...constant(word * 4), ...PLAIN_LOAD], [...indexOf(at), ...call(wake)])

export const read = (at: At): Code => [...addressOf(at), ...PLAIN_LOAD]
export const write = (at: At, value: Code): Code => [...addressOf(at), ...value, ...PLAIN_STORE]
export const load = (at: At): Code => [...addressOf(at), ...ATOMIC_LOAD]
const atomicStore = (at: At, value: Code): Code => [...addressOf(at), ...value, ...ATOMIC_STORE]
/** What an oracle or lockdep leaves: as ThreadCpu.poke(), plain where that keeps the order that its readers rely on. */
export const poke: (at: At, value: Code) => Code = KEEPS_ORDER ? write : atomicStore
export const store = (at: At, value: Code, sleepers: Sleepers): Code => [
  ...atomicStore(at, value),
  ...wake(at, sleepers),
]

/** `was` is a local for the value before, which is left on the stack. */
export const modify = (
  kind: keyof typeof READ_MODIFY_WRITE,
  at: At,
  value: Code,
  was: number,
  sleepers: Sleepers,
): Code => [
  ...addressOf(at),
  ...value,
  ...READ_MODIFY_WRITE[kind],
  ...setLocal(was),
  ...wake(at, sleepers),
  ...getLocal(was),
]

/** `expected` is looked at twice. */
export const compareExchange = (at: At, expected: Code, value: Code, was: number, sleepers: Sleepers): Code => [
  ...addressOf(at),
  ...expected,
  ...value,
  ...COMPARE_EXCHANGE,
  ...teeLocal(was),
  ...expected,
  ...when([COMPARISONS['===']], wake(at, sleepers)),
  ...getLocal(was),
]
