import type { Argv } from 'yargs'
import type { ExitCode, Io } from './io.ts'

/** One command of the program: translates flags to a call of the core, and its value to text. */
export type Command<Args> = {
  readonly name: string
  /** For yargs: the name with its positionals. */
  readonly usage: string
  readonly summary: string
  readonly flags: (yargs: Argv) => Argv<Args>
  readonly run: (args: Args, io: Io) => Promise<ExitCode>
}
