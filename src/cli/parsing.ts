/** How words become flags: as they are written. */
export const PARSING = { 'dot-notation': false, 'boolean-negation': false, 'greedy-arrays': false } as const

/** Thrown by the parser: the user has to be told how to ask. */
export class WrongUse extends Error {}

const LISTS = ['_', 'set', 'what-if', 'whatIf', 'files', 'open']

/** yargs makes a list of a flag that is given twice; only those that say so are. */
export function noFlagTwice(args: Readonly<Record<string, unknown>>): true {
  const twice = Object.entries(args).find(([name, value]) => Array.isArray(value) && !LISTS.includes(name))
  if (twice === undefined) return true
  throw new WrongUse(`--${twice[0]} is given ${(twice[1] as unknown[]).length} times`)
}
