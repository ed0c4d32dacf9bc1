import { CAS, INSTRUCTIONS, PAUSE, STORE, UNTIL_EQUAL, WRITE } from './instructions.ts'
import type { Machine } from './machine.ts'
import { partsOf } from './site.ts'

/** One step of an execution, in words. */
export type Line = {
  readonly actor: number
  /** The function of the protocol that takes it. */
  readonly site: string
  /** In which line of a patch: `my-yield.ts:12:10`. */
  readonly at?: string
  readonly word: number
  readonly instruction: string
  /** The value of the word before and after. */
  readonly before: number
  readonly after: number
  readonly text: string
  /** Whether the word changed. */
  readonly wrote: boolean
  /** It looked at a word, and may have to wait for it. */
  readonly waited: boolean
  /** The properties that it violated. */
  readonly found?: readonly string[]
}

/** The step of an actor, after it was taken; `was`: what its word held before. */
export function lineOf(machine: Machine, actor: number, node: number, was: number): Line {
  const { kind, word: words, a, b, sites } = machine.behaviours[actor]!
  const code = kind.at[node]!
  const word = words.at[node]!
  const now = machine.memory[word] ?? 0
  const name = word < 0 ? '' : ` ${machine.program.place.nameOf(word as never)}`
  const value =
    code === PAUSE
      ? ''
      : code === WRITE || code === STORE
        ? ` = ${number(now)}`
        : code === CAS && was !== a.at[node]
          ? ` fails: ${number(was)}, not ${number(a.at[node]!)}`
          : was === now
            ? ` is ${number(was)}`
            : ` ${number(was)} -> ${number(code === CAS ? b.at[node]! : now)}`
  const { fn: site, place } = partsOf(sites.get(node) ?? '')
  return {
    actor,
    site,
    // Our own files are in folders.
    ...(place === '' || place.includes('/') ? {} : { at: place }),
    word,
    instruction: INSTRUCTIONS[code]!,
    before: was,
    after: now,
    text: `${INSTRUCTIONS[code]}${name}${value}`,
    wrote: was !== now,
    waited: code >= UNTIL_EQUAL,
  }
}

export const number = (value: number) => (Math.abs(value) < 256 ? `${value}` : `0x${(value >>> 0).toString(16)}`)
