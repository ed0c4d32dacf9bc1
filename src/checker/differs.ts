import { ACQUIRED, ASKED, COUNT, ENDED, PEEK, POKE, RELEASING, THREW, VIOLATION } from './graph.ts'
import { INSTRUCTIONS, STORE, WRITE } from './instructions.ts'
import { refuse } from './user-code.ts'

const STATELESS =
  'An actor sees nothing but what its instructions return, and keeps nothing but its own locals:' +
  ' put what it shares into a word, and take chance and time out of it.'

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
  refuse(
    `actor '${actor}', run again with the same answers, came to '${now}' where it had come to '${before}'`,
    STATELESS,
  )
}
