import { ACQUIRED, ASKED, COUNT, ENDED, PEEK, POKE, RELEASING, THREW, VIOLATION } from './graph.ts'
import { INSTRUCTIONS, STORE, WRITE } from './instructions.ts'
import { refuse } from './user-code.ts'

const STATELESS =
  'An actor may only depend on the results of its instructions, and may only keep its own locals:' +
  ' put shared data into words, and remove randomness and time from it.'

const EVENTS: Readonly<Record<number, string>> = {
  [PEEK]: 'peek',
  [POKE]: 'poke',
  [VIOLATION]: 'report of a violation',
  [COUNT]: 'count',
  [ASKED]: 'question for a signal',
  [ACQUIRED]: 'lock that is taken',
  [RELEASING]: 'lock that is released',
  [THREW]: 'failure',
  [ENDED]: 'end',
}

/** The instruction of a node of a behaviour, as `store x = 1`. */
export function stepText(kind: number, word: number, a: number, nameOf: (word: number) => string): string {
  const what = INSTRUCTIONS[kind] ?? EVENTS[kind] ?? `node of kind ${kind}`
  if (word < 0 || kind >= THREW) return what
  return `${what} ${nameOf(word)}${kind === WRITE || kind === STORE ? ` = ${a}` : ''}`
}

/** An actor that is run again and answered alike must do the same again. */
export function refuseDifference(actor: string, now: string, before: string): never {
  refuse(`actor '${actor}', run again with the same answers, reached '${now}' instead of '${before}'`, STATELESS)
}
