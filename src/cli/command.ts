import type { Argv } from 'yargs'
import type { ExitCode, Io } from './io.ts'

/** What a command does: translates flags to a call of the core, and its value to text. */
export type Command<Args> = {
  readonly flags: (yargs: Argv) => Argv<Args>
  readonly run: (args: Args, io: Io) => Promise<ExitCode>
}

/** A command by what help says of it. The rest is loaded once it is asked for: all of them together take a second. */
export type NamedCommand = {
  readonly name: string
  /** For the parser: the name with its positionals. */
  readonly usage: string
  readonly summary: string
  readonly load: () => Promise<Command<unknown>>
}
