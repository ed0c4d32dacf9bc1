import type { Argv } from 'yargs'
import yargs from '#yargs'

/** How words become flags: as they are written. */
const PARSING = { 'dot-notation': false, 'boolean-negation': false, 'greedy-arrays': false } as const

/** Thrown by the parser; help is shown with it. */
export class WrongUse extends Error {}

/** A parser of words. Its messages are English in every locale, as all messages of the program. */
export const newParser = (words: readonly string[]): Argv =>
  yargs([...words])
    .locale('en')
    .parserConfiguration(PARSING)
    .exitProcess(false)

/** The name of standard input for the parser, which ignores a lone `-` where a file is expected. */
export const STDIN = '/dev/stdin'

/** Words as the parser takes them. Standard input cannot be read twice. */
export function wordsFor(command: readonly string[]): string[] {
  if (command.filter((word) => word === '-').length > 1)
    throw new WrongUse('- is given twice: standard input is read once')
  return command.map((word) => (word === '-' ? STDIN : word))
}

/** Converts parsed arguments to those that commands take. */
export function argsFrom<Args>(parsed: Args): Args {
  const from = (value: unknown): unknown => (Array.isArray(value) ? value.map(from) : value === STDIN ? '-' : value)
  return Object.fromEntries(Object.entries(parsed as object).map(([name, value]) => [name, from(value)])) as Args
}

const LISTS = ['_', 'set', 'sweep', 'what-if', 'whatIf', 'files', 'open']

/** Refuses a repeated flag: yargs makes a list of it, but only flags declared as lists accept that. */
export function noFlagTwice(args: Readonly<Record<string, unknown>>): true {
  // Both names of a flag hold the list: the long one is said.
  const twice = Object.entries(args)
    .filter(([name, value]) => Array.isArray(value) && !LISTS.includes(name))
    .sort(([one], [other]) => other.length - one.length)[0]
  if (twice === undefined) return true
  throw new WrongUse(`--${twice[0]} is given ${(twice[1] as unknown[]).length} times`)
}

/** If one parameter is given two values, neither may win silently. */
export function noSettingTwice({ set }: Readonly<Record<string, unknown>>): true {
  const names = (Array.isArray(set) ? set : []).map((setting) => String(setting).split('=')[0]!)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice === undefined) return true
  throw new WrongUse(
    `--set ${twice} is given more than once, and a run has one value of it: --sweep ${twice}=... runs several`,
  )
}
