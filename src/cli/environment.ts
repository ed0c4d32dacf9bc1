import type { NamedCommand } from './command.ts'
import { type Flag, flagsOf } from './flag-table.ts'

/** `FAULTLINE_TRACE=1` adds the stack to an error; a recording is named with --trace only. */
const NOT_FLAGS = ['trace', 'help', 'config']

/** The variable that stands for a flag: `FAULTLINE_TIME_BUDGET` for `--time-budget`. */
export const variableOf = (flag: string): string => `FAULTLINE_${flag.toUpperCase().replaceAll('-', '_')}`

/**
 * The words of a command with the flags that the environment gives and the line does not: a result that is written says with
 * which flags it can be made again.
 */
export async function withEnvironment(
  [name, ...words]: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  commands: readonly NamedCommand[],
): Promise<string[]> {
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined || Object.keys(environment).every((variable) => !variable.startsWith('FAULTLINE_'))) {
    return name === undefined ? [] : [name, ...words]
  }
  const given = (await flagsOf(command)).flatMap((flag) => {
    const value = environment[variableOf(flag.name)]
    if (value === undefined || value === '' || NOT_FLAGS.includes(flag.name) || isTyped(flag, words)) return []
    if (flag.isSwitch) return value === '0' || value === 'false' ? [] : [`--${flag.name}`]
    return (flag.isList ? value.split(' ') : [value]).map((part) => `--${flag.name}=${part}`)
  })
  return [command.name, ...given, ...words]
}

const isTyped = ({ name, aliases }: Flag, words: readonly string[]): boolean =>
  words.some(
    (word) =>
      word === `--${name}` || word.startsWith(`--${name}=`) || aliases.some((alias) => word.startsWith(`-${alias}`)),
  )
