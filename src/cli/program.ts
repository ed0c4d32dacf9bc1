import { inspect } from 'node:util'
import yargs, { type Argv } from 'yargs'
import { FaultlineError } from '../bench/error.ts'
import { ProfileError } from '../model/profile.ts'
import { ReplayError } from '../replay/error.ts'
import { bench } from './bench.ts'
import { calibrate } from './calibrate.ts'
import { check } from './check.ts'
import type { Command } from './command.ts'
import { compare } from './compare.ts'
import { diff } from './diff.ts'
import { exportCommand } from './export.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { list } from './list.ts'
import { newCommand } from './new.ts'
import { noFlagTwice, PARSING, WrongUse } from './parsing.ts'
import { regress } from './regress.ts'
import { trace } from './trace.ts'
import { trend } from './trend.ts'
import { validate } from './validate.ts'
import { verify } from './verify.ts'

/** Parses the command line, runs the command, and returns the exit code. Whatever fails is said in a sentence or two. */
export async function program(io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine
  const parser = yargs([...io.command])
    .scriptName('faultline')
    .usage("$0 <command> [flags]\n\nA laboratory for the locking protocols of KVM's MMU.")
    .config('config', 'flags from a JSON file')
    .demandCommand(1, 1, 'name a command')
    .recommendCommands()
    .strict()
    .wrap(Math.min(110, yargs().terminalWidth()))
    .parserConfiguration(PARSING)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? new WrongUse(message)
    })
  const register = <Args>(command: Command<Args>) =>
    parser.command(
      command.usage,
      command.summary,
      (own: Argv) => command.flags(own).check(noFlagTwice),
      async (args) => {
        code = await command.run(args as unknown as Args, io)
      },
    )
  register(bench)
  register(compare)
  register(regress)
  register(verify)
  register(trend)
  register(exportCommand)
  register(list)
  register(trace)
  register(calibrate)
  register(validate)
  register(check)
  register(newCommand)
  register(diff)
  try {
    await parser.parseAsync()
    return code
  } catch (error) {
    return explain(error, io)
  }
}

function explain(error: unknown, io: Io): ExitCode {
  const code = say(error, io)
  if (io.isTraced === true) io.err(`${inspect(error)}\n`)
  return code
}

function say(error: unknown, io: Io): ExitCode {
  if (error instanceof ReplayError || error instanceof ProfileError) {
    io.err(`faultline: ${error.message}\n${error.hint}\n`)
    return EXIT.usage
  }
  if (error instanceof FaultlineError) {
    const context = Object.entries(error.context).map(([name, value]) => `  ${name}: ${value}\n`)
    io.err(`faultline: ${error.message}\n${context.join('')}${error.hint}\n`)
    return error.kind === 'usage' ? EXIT.usage : EXIT.failed
  }
  if (error instanceof WrongUse || (error instanceof Error && error.name === 'YError')) {
    io.err(`faultline: ${error.message.split('\n').join(' ')}\nTry \`faultline --help\`.\n`)
    return EXIT.usage
  }
  const message = error instanceof Error ? error.message : String(error)
  io.err(
    `faultline: ${message}\nThis should not have happened: please report it with the command line and what FAULTLINE_TRACE=1 adds.\n`,
  )
  return EXIT.failed
}
