import type { Argv } from 'yargs'
import type { ExitCode, Io } from './io.ts'

/** What a command does: translates its arguments to a call of the core, and the value to text. */
export type Command<Args> = (args: Args, io: Io) => Promise<ExitCode>

/** What help prints for a command. Flags and the command itself are loaded on demand: loading all of them takes a second. */
export type NamedCommand = {
  readonly name: string
  /** For the parser: the name with its positionals. */
  readonly usage: string
  readonly summary: string
  readonly flags: () => Promise<(yargs: Argv) => Argv<unknown>>
  readonly load: () => Promise<Command<unknown>>
}
