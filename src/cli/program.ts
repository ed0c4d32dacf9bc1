import { inspect } from 'node:util'
import type { Argv } from 'yargs'
import { visibleLines } from '../bench/visible.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { nearest } from '../errors/nearest.ts'
import { fit } from '../report/fit.ts'
import { coloured } from '../report/tones.ts'
import type { Command } from './command.ts'
import { COMMANDS } from './commands.ts'
import { readConfig } from './config-file.ts'
import { withEnvironment } from './environment.ts'
import { faultText } from './fault-text.ts'
import { isOfSystem, ofSystem } from './files/trouble.ts'
import { flagsOf } from './flag-table.ts'
import { interruptedText, KEEPS_NOTHING } from './interruption.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { nearestMeant, parserSentence } from './parser-words.ts'
import { argsFrom, newParser, noFlagTwice, noSettingTwice, WrongUse, wordsFor } from './parsing.ts'
import { OVERWRITE } from './progress.ts'
import { readListing } from './stored-listing.ts'
import { flagWithoutCommand } from './without-command.ts'

const NO_COMMAND = 'name a command'

/** Parses the command line, runs the command, and returns the exit code. Each failure is printed as a sentence or two. */
export async function program(asked: Io): Promise<ExitCode> {
  const { words: command, used, warnings } = await withEnvironment(asked.command, asked.environment, COMMANDS)
  const io: Io = { ...shown(asked), command }
  for (const warning of warnings) io.err(`faultline: ${warning}\n`)
  let code: ExitCode = EXIT.fine
  const config = await configOf(command)
  const parser = newParser([])
    .scriptName('faultline')
    .usage("$0 <command> [flags]\n\nA laboratory for the locking protocols of KVM's MMU.")
    .config('config', 'flags from a JSON file', config.read)
    .demandCommand(1, 1, NO_COMMAND)
    .recommendCommands()
    .strict()
    .wrap(Math.min(110, io.columns ?? 0))
    .alias('help', 'h')
    .version(io.version)
    .epilogue(EXIT_CODES)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? new WrongUse(inWords(message, command) ?? parserSentence(message))
    })
  for (const { usage, summary, flags, load } of COMMANDS) {
    parser.command(
      usage,
      summary,
      async (own: Argv) => (await flags())(own).check(noFlagTwice).check(noSettingTwice),
      async (args) => {
        code = await runUntilTold(await load(), argsFrom(args), io)
      },
    )
  }
  try {
    checkCommand(io.command)
    checkConfig(io.command)
    // With a callback the parser hands its help over instead of printing it.
    await parser.parseAsync(wordsFor(wordsOf(io.command)), {}, (_error, _args, help) => {
      if (help !== '') io.out(help)
    })
    return code
  } catch (error) {
    const code = await explain(config.trouble() ?? error, io)
    if (code === EXIT.usage && used.length > 0) io.err(`The environment gives flags too: ${used.join(', ')}.\n`)
    if (code === EXIT.usage && config.says() !== '') io.err(`${config.says()}\n`)
    return code
  }
}

/** The flags of a file for the parser, which would replace the message of an error that is thrown; what they are, or what is wrong. */
async function configOf([name = '']: readonly string[]) {
  const command = COMMANDS.find((one) => one.name === name)
  const taking = { name, flags: command === undefined ? [] : await flagsOf(command) }
  let trouble: unknown
  let says = ''
  const read = (file: string) => {
    try {
      const given = readConfig(file, taking)
      says = `${file} gives flags too: ${Object.keys(given).join(', ')}.`
      return given
    } catch (cause) {
      trouble = cause
      throw cause
    }
  }
  return { read, trouble: () => trouble, says: () => says }
}

/** The parser counts positionals, and does not repeat an unknown command: these sentences name both. */
function inWords(message: string, [name]: readonly string[]): string | undefined {
  const isUnknown = message.startsWith('Did you mean ') || message.startsWith('Unknown argument')
  if (isUnknown && isNoCommand(name)) return `there is no command '${name}'`
  if (!message.startsWith('Not enough non-option arguments')) return undefined
  const usage = COMMANDS.find((one) => one.usage.split(' ')[0] === name)?.usage
  return usage === undefined ? undefined : `write: faultline ${usage} [flags]`
}

const isNoCommand = (word: string | undefined) =>
  word !== undefined && !word.startsWith('-') && !COMMANDS.some(({ name }) => name === word)

/** Prevents text from files from controlling the terminal: only our own text may overwrite lines. */
function shown(io: Io): Io {
  return {
    ...io,
    out: (text) => io.out(io.isColoured === true ? coloured(visibleLines(text)) : visibleLines(text)),
    err: (text) => {
      const own = OVERWRITE.exec(text)?.[0] ?? ''
      const message = visibleLines(text.slice(own.length))
      io.err(own + (own === '' && io.isErrTty ? fit(message, io.columns) : message))
    },
  }
}

/** Accepts the forms that similar programs accept: `help bench` is `bench --help`, and `version` is `--version`. */
function wordsOf([first, ...others]: readonly string[]): string[] {
  if (first === 'version' && others.length === 0) return ['--version']
  if (first === 'help') return [...others, '--help']
  return first === undefined ? [] : [first, ...others]
}

const EXIT_CODES = `Flags may also stand in a file (--config) or in the environment: FAULTLINE_TRIALS=5 is --trials 5.

Exit codes: 0 fine; 1 a regression or a forbidden outcome; 2 wrong use or bad input; 3 the run itself failed;
4 nothing comparable, or nothing measured that could answer; 129, 130, 143 stopped by SIGHUP, SIGINT, SIGTERM.
What each means for each command: docs/exit-codes.md.`

/** Runs until the command ends, or until a signal arrives that the command does not handle itself. */
async function runUntilTold<Args>(run: Command<Args>, args: Args, io: Io): Promise<ExitCode> {
  let keeps: string | undefined
  const own: Io = {
    ...io,
    keeps: (says, isNothing) => {
      keeps = says
      io.keeps(says, isNothing)
    },
  }
  const ended = new AbortController()
  const abandoned = new Promise<ExitCode>((resolve) => {
    const abandon = () => keeps === undefined && resolve(EXIT.interrupted)
    // Several commands may run with one signal, so each takes its listener away when it ends.
    io.signal.addEventListener('abort', abandon, { once: true, signal: ended.signal })
  })
  const ran = run(args, own).catch((error: unknown) => {
    // A command that was interrupted has not failed.
    if (io.signal.aborted && !(error instanceof FaultlineError && error.code === 'NOT_SAVED')) return EXIT.interrupted
    throw error
  })
  const code = await Promise.race([ran, abandoned]).finally(() => ended.abort())
  if (code === EXIT.interrupted) io.err(interruptedText(signalOf(io), keeps ?? KEEPS_NOTHING))
  return code
}

const signalOf = ({ signal: { reason } }: Io) => (typeof reason === 'string' ? reason : 'SIGINT')

/** Help of a command that does not exist would be that of the program, which answers something else. */
function checkCommand(words: readonly string[]): void {
  const [first, ...others] = wordsOf(words)
  if (!others.some((word) => word === '--help' || word === '-h')) return
  if (first === undefined || first.startsWith('-') || COMMANDS.some(({ name }) => name === first)) return
  throw new WrongUse(`there is no command '${first}'`)
}

/** The parser would say that a list, or nothing, is no file. */
function checkConfig(words: readonly string[]): void {
  const places = [...words.keys()].filter((at) => /^--config(=|$)/.test(words[at]!))
  if (places.length > 1) throw new WrongUse(`--config is given ${places.length} times`)
  const isBare = places.some((at) => words[at] === '--config' && /^(--.*)?$/.test(words[at + 1] ?? ''))
  if (isBare) throw new WrongUse('--config needs the name of a file: --config flags.json')
}

/** For a word that is not known the command, flag or choice that is nearest to it. */
async function hintOf(message: string, [first]: readonly string[]): Promise<string> {
  const command = COMMANDS.find(({ name }) => name === first)
  const help = command === undefined ? 'Try `faultline --help`.' : `Try \`faultline ${command.name} --help\`.`
  if (isNoCommand(first) && readListing().scenarios.some(({ name }) => name === first))
    return `To ask that question: \`faultline bench -s ${first}\`.`
  const near =
    command === undefined
      ? nearest(/^there is no command '([^']+)/.exec(message)?.[1] ?? '', [
          ...COMMANDS.map(({ name }) => name),
          'help',
          'version',
        ])[0]
      : nearestMeant(
          message,
          (await flagsOf(command)).map(({ name }) => name),
        )
  return near === undefined ? help : `Did you mean ${near}? ${help}`
}

async function explain(error: unknown, io: Io): Promise<ExitCode> {
  const code = await say(error, io)
  if (io.isTraced === true) io.err(`${inspect(error)}\n`)
  return code
}

async function say(error: unknown, io: Io): Promise<ExitCode> {
  if (error instanceof FaultlineError) {
    const context = Object.entries(error.context).map(([name, value]) => `  ${name}: ${value}\n`)
    io.err(`faultline: ${error.message}\n${context.join('')}${error.hint}\n`)
    return error.kind === 'usage' ? EXIT.usage : EXIT.failed
  }
  if (error instanceof WrongUse || (error instanceof Error && error.name === 'YError')) {
    const { message, hint } = (error.message === NO_COMMAND ? await flagWithoutCommand(io.command) : undefined) ?? {
      message: error.message.split('\n').join(' '),
      hint: await hintOf(error.message, io.command),
    }
    io.err(`faultline: ${message}\n${hint}\n`)
    return EXIT.usage
  }
  if (isOfSystem(error)) return await say(ofSystem(error), io)
  io.err(faultText(error))
  return EXIT.failed
}
