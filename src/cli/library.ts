// The library `faultline`: the main commands as functions. Inside the project import the file itself.
import { Readable } from 'node:stream'
import { bench as runBench } from '../bench/bench.ts'
import { type Comparison, compare as compareSources } from '../bench/comparing/compare.ts'
import { BY_FILE } from '../bench/comparing/layout.ts'
import type { Result } from '../bench/result.ts'
import { runJobs } from '../checker/job-pool.ts'
import { LIMITS } from '../checker/limits.ts'
import { loadChecks } from '../checker/load-checks.ts'
import { MEMORY_MODELS, type MemoryModel } from '../checker/memory/model.ts'
import { jobsOf, type Report } from '../checker/run-check.ts'
import { reportsOfAll } from '../checker/unexplored.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import type { BenchArgs } from './bench-args.ts'
import { benchFlags } from './bench-flags.ts'
import { planOf } from './bench-plan.ts'
import { chosenChecks } from './chosen-checks.ts'
import { COMMANDS } from './commands.ts'
import { flagsOf } from './flag-table.ts'
import type { Io } from './io.ts'
import { nearestMeant, parserSentence } from './parser-words.ts'
import { newParser, WrongUse } from './parsing.ts'
import { readAsWritten } from './read-result.ts'

export type { Answer, AnswerVerdict } from '../bench/answers/answer.ts'
export type { Comparison, Report, Result }
export { FaultlineError }

/** `timeBudget` as it is written on the command line: `time-budget`. */
type Kebab<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Kebab<Rest>}`
    : `-${Lowercase<First>}${Kebab<Rest>}`
  : Name

/** What may be given for a flag: a switch is a boolean; of a list, one value or several. */
type Given<Value> = NonNullable<Value> extends boolean ? boolean : string | number | readonly (string | number)[]

/** Flags of `faultline bench` by their names, without dashes: `{ scenario: 'precheck', machine: 'altra-64', vcpus: '8,32' }`. */
export type BenchFlags = {
  readonly [Name in keyof Omit<BenchArgs, (typeof WRITING)[number]> as Kebab<Name>]?: Given<BenchArgs[Name]>
}

export type Running = {
  /** Stops the plan; the result has what was finished. */
  readonly signal?: AbortSignal
  /** Called before each trial: how many of how many are done, and which one begins. */
  readonly onProgress?: (done: number, total: number, label: string) => void
}

/**
 * Runs a plan as `faultline bench` does, and returns its result; nothing is printed or written. Throws a FaultlineError for flags
 * that cannot be. What fails in a run is in the run's `error`.
 */
export async function bench(flags: BenchFlags = {}, running: Running = {}): Promise<Result> {
  checkOptions('bench', running, RUNNING)
  const { signal, onProgress } = running
  const given: Readonly<Record<string, unknown>> = flags
  const written = WRITING.find((name) => given[name] !== undefined && given[name] !== false)
  if (written !== undefined) throw writes(written)
  const command = ['bench', ...wordsOf(flags)]
  const io = silent(command, signal ?? new AbortController().signal)
  const plan = await planOf(await argsOf(command.slice(1)), io)
  return await runBench(
    { ...plan, plan: plan.options, command, runtime: io.runtime, signal: io.signal, stops: io.stops },
    { progress: (done, total, label) => onProgress?.(done, total, label), speed: () => {}, finished: () => {} },
  )
}

/** Flags that name a file to write. */
const WRITING = ['out', 'save', 'report'] as const

const writes = (name: string) =>
  new FaultlineError('WRONG_FLAGS', 'usage', `bench() writes no file, so it takes no ${name}`, {
    hint: 'Write the result that it returns: `writeFile(path, JSON.stringify(result))`; `faultline report` makes a page of that file.',
  })

const wordsOf = (flags: BenchFlags): string[] =>
  Object.entries(flags).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return value ? [`--${name}`] : []
    return [value].flat().map((each) => `--${name}=${each}`)
  })

async function argsOf(words: readonly string[]): Promise<BenchArgs> {
  const parser = benchFlags(newParser(words)).strict().showHelpOnFail(false).help(false).version(false)
  const known = (await flagsOf(COMMANDS.find(({ name }) => name === 'bench')!)).map(({ name }) => name)
  const failing = parser.fail((message, error) => {
    if (error !== null && error !== undefined && !(error instanceof WrongUse)) throw error
    const sentence = parserSentence(error?.message ?? message)
    const near = nearestMeant(sentence, known)?.replace(/^--/, '')
    const hint = `${near === undefined ? '' : `Did you mean ${near}? `}The flags are those of \`faultline bench --help\`.`
    throw new FaultlineError('WRONG_FLAGS', 'usage', sentence, { hint })
  })
  return (await failing.parseAsync()) as unknown as BenchArgs
}

/** The streams of a process that prints nothing. */
const silent = (command: readonly string[], signal: AbortSignal): Io => ({
  out: () => {},
  err: () => {},
  isErrTty: false,
  stdin: () => Readable.from([]),
  signal,
  keeps: () => {},
  stops: () => 0,
  command,
  node: process.execPath,
  version: '',
  environment: {},
  runtime: { node: process.version, v8: process.versions.v8 },
})

/** Reads a result file; throws a FaultlineError that describes the problem. */
export const readResult = (path: string): Promise<Result> =>
  readAsWritten(path, silent([], new AbortController().signal))

export type ComparingOptions = {
  /** The false-alarm rate over the whole table; 0.05 if it is not said. */
  readonly alpha?: number
  readonly metrics?: readonly string[]
  /** Compare although the host, the machine or the code differs. */
  readonly force?: boolean
}

/** The changes between two results, as `faultline compare` reports them. */
export function compare(base: Result, head: Result, options: ComparingOptions = {}): Comparison {
  checkOptions('compare', options, COMPARING)
  const { alpha = 0.05, metrics = [], force = false } = options
  checkResults({ base, head })
  const sources = [
    { name: 'base', result: base },
    { name: 'head', result: head },
  ]
  return compareSources(sources, { by: BY_FILE, alpha, force, metrics })
}

export type CheckOptions = {
  readonly variant?: string
  readonly configuration?: string
  readonly memory?: MemoryModel
  readonly signal?: AbortSignal
}

/**
 * Explores every interleaving of a check's configurations, as `faultline check NAME` does. Returns a report for each,
 * with its verdict and the schedule of a violation; `UNKNOWN` for those that `signal` interrupted.
 */
export async function check(name: string, options: CheckOptions = {}): Promise<readonly Report[]> {
  checkOptions('check', options, CHECKING)
  const { variant, configuration, memory = LIMITS.memory, signal = new AbortController().signal } = options
  const { patience: _, ...limits } = LIMITS
  const checks = chosenChecks(await loadChecks(), { name, variant, configuration })
  const only = {
    ...(variant === undefined ? {} : { variant }),
    ...(configuration === undefined ? {} : { configuration }),
  }
  const jobs = checks.flatMap((one) => jobsOf(one, { ...limits, memory }, only))
  if (jobs.length === 0) {
    throw wrong(`${variant} is not explored in ${configuration}`, 'Leave `configuration` out: the reports name theirs.')
  }
  return reportsOfAll(jobs, await runJobs(jobs, 1, signal, () => {}), 'interrupted', new Map())
}

const COMPARING = ['alpha', 'metrics', 'force']
const CHECKING = ['variant', 'configuration', 'memory', 'signal']
const RUNNING = ['signal', 'onProgress']

/** Refuses misspelt options. Without this they would be ignored, as JavaScript has no compiler to find them. */
function checkOptions(what: string, options: object, known: readonly string[]): void {
  const name = Object.keys(options).find((one) => !known.includes(one))
  if (name !== undefined) throw wrong(`${what}() has no option '${name}'`, nearestText(name, known))
  const { memory } = options as CheckOptions
  if (memory === undefined || MEMORY_MODELS.includes(memory)) return
  throw wrong(`memory is '${memory}', which is not a memory model`, nearestText(String(memory), MEMORY_MODELS))
}

function checkResults(results: Readonly<Record<string, Result>>): void {
  const [name] = Object.entries(results).find(([, result]) => !Array.isArray(result?.runs)) ?? []
  if (name === undefined) return
  throw wrong(`${name} is not a result`, 'Take what `bench()` returns, or read a file: `await readResult(path)`.')
}

const wrong = (message: string, hint: string) => new FaultlineError('WRONG_FLAGS', 'usage', message, { hint })
