import type { Argv } from 'yargs'
import type { ExitCode, Io } from './io.ts'

/** Runs a command: translates its arguments to a call of the core, and the value to text. */
export type Command<Args> = (args: Args, io: Io) => Promise<ExitCode>

/** The help of a command. Its flags and the command itself are loaded on demand, because loading all commands takes a second. */
export type NamedCommand = {
  readonly name: string
  /** For the parser: the name with its positionals. */
  readonly usage: string
  readonly summary: string
  readonly flags: () => Promise<(yargs: Argv) => Argv<unknown>>
  readonly load: () => Promise<Command<unknown>>
}
