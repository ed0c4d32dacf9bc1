import { nearest } from '../errors/nearest.ts'
import { COMMANDS } from './commands.ts'
import { flagsOf } from './flag-table.ts'

/** Flags that need no command, or may stand before it. */
const OF_PROGRAM = ['help', 'h', 'version', 'config']

/** The sentence, and the hint, for a command line that names no command and begins with a flag; undefined if none is to blame. */
export async function flagWithoutCommand(
  words: readonly string[],
): Promise<{ readonly message: string; readonly hint: string } | undefined> {
  const [, dashes, name] =
    words
      .map((word) => /^(--?)([^=]+)/.exec(word))
      .find((found) => found !== null && !OF_PROGRAM.includes(found[2]!)) ?? []
  if (name === undefined) return undefined
  const flags = await Promise.all(
    COMMANDS.map(async (command) => ({ command: command.name, names: (await flagsOf(command)).flatMap(namesOf) })),
  )
  const owners = flags.filter(({ names }) => names.includes(name)).map(({ command }) => command)
  if (owners.length > 0) {
    return {
      message: `${dashes}${name} is a flag of ${listText(owners)}, and no command is named`,
      hint: `Write the command first: \`faultline ${owners[0]} ${words.join(' ')}\`.`,
    }
  }
  const all = [...OF_PROGRAM, ...flags.flatMap(({ names }) => names)].filter((one) => one.length > 1)
  const near = nearest(
    `--${name}`,
    [...new Set(all)].map((one) => `--${one}`),
  )[0]
  return {
    message: `Unknown argument: ${name}`,
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}Try \`faultline --help\`.`,
  }
}

const namesOf = ({ name, aliases }: { readonly name: string; readonly aliases: readonly string[] }) => [
  name,
  ...aliases,
]

const MOST_NAMED = 3

const listText = (names: readonly string[]) =>
  names.length > MOST_NAMED ? `${names.slice(0, MOST_NAMED).join(', ')} and others` : names.join(', ')
