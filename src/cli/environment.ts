import { nearest } from '../errors/nearest.ts'
import type { NamedCommand } from './command.ts'
import { type Flag, flagsOf } from './flag-table.ts'

const PREFIX = 'FAULTLINE_'
/** `FAULTLINE_TRACE=1` adds the stack to an error; a recording is named with --trace only. */
const TRACE = 'trace'
const NOT_FLAGS = [TRACE, 'help']
const OFF = ['0', 'false', 'no', 'off']

/** The environment variable of a flag: `FAULTLINE_TIME_BUDGET` for `--time-budget`. */
export const variableOf = (flag: string): string => `${PREFIX}${flag.toUpperCase().replaceAll('-', '_')}`

type Environment = Readonly<Record<string, string | undefined>>

export type Surrounded = {
  /** The words of the command with the flags that the environment gives and the line does not. */
  readonly words: readonly string[]
  /** The variables that gave them. */
  readonly used: readonly string[]
  /** One sentence for each variable that matches no flag. */
  readonly warnings: readonly string[]
}

/** Adds the flags of the environment to a command: a result that is written says with which flags it can be made again. */
export async function withEnvironment(
  [name, ...typed]: readonly string[],
  environment: Environment,
  commands: readonly NamedCommand[],
): Promise<Surrounded> {
  const words = name === undefined ? [] : [name, ...typed]
  const set = Object.keys(environment).filter((variable) => variable.startsWith(PREFIX))
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined || set.length === 0) return { words, used: [], warnings: [] }
  const flags = (await flagsOf(command)).filter((flag) => isGiven(flag, environment, typed))
  return {
    words: [command.name, ...flags.flatMap((flag) => wordsOf(flag, environment[variableOf(flag.name)]!)), ...typed],
    used: flags.map((flag) => variableOf(flag.name)),
    warnings: await unknownIn(set, commands),
  }
}

function isGiven(flag: Flag, environment: Environment, typed: readonly string[]): boolean {
  const value = environment[variableOf(flag.name)]
  return value !== undefined && value !== '' && !NOT_FLAGS.includes(flag.name) && !isTyped(flag, typed)
}

function wordsOf({ name, isSwitch, isList }: Flag, value: string): string[] {
  if (isSwitch) return OFF.includes(value.toLowerCase()) ? [] : [`--${name}`]
  return (isList ? value.split(' ').filter((part) => part !== '') : [value]).map((part) => `--${name}=${part}`)
}

/** A variable for the flag of another command is ignored silently; one that no command knows is misspelt. */
async function unknownIn(set: readonly string[], commands: readonly NamedCommand[]): Promise<string[]> {
  const flags = (await Promise.all(commands.map(flagsOf))).flat().map(({ name }) => name)
  const known = [...new Set([...flags.filter((name) => name !== 'help'), TRACE])].map(variableOf)
  return set
    .filter((variable) => !known.includes(variable))
    .map((variable) => {
      const [near] = nearest(
        variable.slice(PREFIX.length),
        known.map((each) => each.slice(PREFIX.length)),
      )
      const hint = near === undefined ? 'no command has such a flag' : `did you mean ${PREFIX}${near}?`
      return `the environment variable ${variable} is ignored: ${hint}`
    })
}

const isTyped = ({ name, aliases }: Flag, words: readonly string[]): boolean =>
  words.some(
    (word) =>
      word === `--${name}` || word.startsWith(`--${name}=`) || aliases.some((alias) => word.startsWith(`-${alias}`)),
  )
