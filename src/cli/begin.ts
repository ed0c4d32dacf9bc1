import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { faultText } from './fault-text.ts'
import { reasonOf } from './files/trouble.ts'
import { interruptedText, KEEPS_NOTHING, SIGNALS, type SignalName } from './interruption.ts'
import { EXIT } from './io.ts'
import { processIo, type Started } from './process-io.ts'
import type { FromProgram, ToProgram } from './program-worker.ts'
import { Output, writeMessage } from './streams.ts'
import { isColoured } from './terminal.ts'

/**
 * This thread hears signals and writes; the program runs in a worker, so that a long computation there delays neither.
 */

/** Longest time until a command has noticed a signal, and until one ends that would lose nothing, or nothing yet. */
const HEARD_MS = 2000
const NOTHING_AT_STAKE_MS = 120
/** Longest time that a command may take to end after that. */
const LAST_WORDS_MS = 8000

const output = new Output(process.stdout)
process.stderr.on('error', () => {})

const started: Started = {
  isErrTty: process.stderr.isTTY === true,
  errSize: process.stderr.isTTY ? { columns: process.stderr.columns, rows: process.stderr.rows } : undefined,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  isColoured: isColoured(process.stdout.isTTY === true, process.env),
  words: process.argv.slice(2),
}
let tell = (_message: ToProgram) => {}

let received: SignalName | undefined
let hasHeard = false
let keeps: string | undefined
let isAtStake = false
let hasEnded = false

for (const signal of Object.keys(SIGNALS) as SignalName[]) process.on(signal, () => interrupt(signal))
process.on('SIGCONT', () => tell({ kind: 'continued' }))
if (isBrief(started.words)) runHere().catch(failed)
else runInWorker()

/** Commands that only print: starting a worker would take longer than the command. */
function isBrief([first, ...others]: readonly string[]): boolean {
  if (first === undefined || ['help', 'version', 'list', 'completion'].includes(first)) return true
  return [first, ...others].some((word) => ['--help', '-h', '--version'].includes(word))
}

async function runHere(): Promise<void> {
  const { program } = await import('./program.ts')
  const io = processIo(started, {
    out: (text) => output.write(`${text}\n`),
    err: writeMessage,
    signal: new AbortController().signal,
    keeps: () => {},
    stops: () => 0,
  })
  await end(await program(io))
}

function runInWorker(): void {
  const worker = new Worker(new URL('./program-worker.js', import.meta.url), { workerData: started })
  tell = (message) => worker.postMessage(message)
  worker.on('message', (message: FromProgram) => {
    if (message.kind === 'out') output.write(message.text)
    else if (message.kind === 'err') writeMessage(message.text)
    else if (message.kind === 'keeps') {
      keeps = message.says
      isAtStake = !message.isNothing
    } else if (message.kind === 'end') void end(message.code)
    else hasHeard = true
  })
  worker.on('error', failed)
  worker.on('exit', () => {
    if (!hasEnded) writeMessage('faultline: a file that it loaded ended the program, by process.exit() for example.\n')
    void end(EXIT.failed)
  })
}

function failed(error: unknown): void {
  if (hasEnded) return
  writeMessage(faultText(error))
  if (process.env.FAULTLINE_TRACE === '1') writeMessage(`${inspect(error)}\n`)
  void end(EXIT.failed)
}

function interrupt(signal: SignalName): void {
  if (received !== undefined || hasEnded) return
  received = signal
  tell({ kind: 'interrupt', signal })
  setTimeout(() => !isAtStake && abandon(signal), NOTHING_AT_STAKE_MS)
  setTimeout(() => !hasHeard && abandon(signal), HEARD_MS)
  setTimeout(() => abandon(signal), LAST_WORDS_MS)
}

/** It is busy with something that it cannot be called away from. */
function abandon(signal: SignalName): void {
  if (hasEnded) return
  writeMessage(interruptedText(signal, keeps ?? KEEPS_NOTHING))
  void end(EXIT.interrupted)
}

async function end(code: number): Promise<void> {
  if (hasEnded) return
  hasEnded = true
  if (received !== undefined) setTimeout(() => process.exit(exitCode(code)), LAST_WORDS_MS)
  await output.flush()
  process.exit(exitCode(code))
}

/** The exit code is that of the work, unless its output could not be written. */
function exitCode(code: number): number {
  if (code === EXIT.interrupted && received !== undefined) return SIGNALS[received]
  if (output.trouble === undefined) return code
  writeMessage(`faultline: standard output cannot be written: ${reasonOf(output.trouble)}\n`)
  return code === EXIT.fine ? EXIT.failed : code
}
