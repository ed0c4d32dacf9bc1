import { bench as runBench } from '../bench/bench.ts'
import { refinedGroups } from '../bench/frontier/refine.ts'
import { isExactRun } from '../bench/gate/exact.ts'
import { runsAskedOf } from '../bench/load.ts'
import type { Group } from '../bench/plan.ts'
import type { Result } from '../bench/result.ts'
import { Finished } from '../bench/resume.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { carriedProfile, loadProfile, profileNames, withValues } from '../model/profile.ts'
import { areWritten } from '../replay/read-memslots.ts'
import type { BenchArgs } from './bench-args.ts'
import { benchFlags } from './bench-flags.ts'
import { type Plan, partOfPlan, planOf } from './bench-plan.ts'
import { readConfig } from './config-file.ts'
import { flagsOf } from './flag-table.ts'
import type { Io } from './io.ts'
import type { Machines } from './machines.ts'
import { newParser, noFlagTwice, WrongUse } from './parsing.ts'

/** Restricts what a command stored in a file may do, because a file is not the user. */
export type Leave = {
  /** Whether a file that the command names may be opened. */
  readonly opens: (file: string) => boolean
  /** Whether the command may start threads. */
  readonly threads: boolean
}

type Values = Readonly<Record<string, number>>

/**
 * Runs the command of a result again, on its deterministic machines; with other values for a machine's parameters and
 * costs, if there are any.
 */
export async function rerun(
  result: Result,
  runs: Result['runs'],
  name: string,
  io: Io,
  leave: Leave,
  values: Values = {},
): Promise<Result> {
  const refuse = (why: string, hint?: string) => notAgain(name, why, hint)
  const args = await argsOf(result.command, leave, refuse)
  const machines = machinesOf(result, refuse)
  const asked = await planOf({ ...args, machine: wordsOf(args, runs, machines, leave) }, io, machines)
  const plan = withMachine(asked, values)
  return await runBench(
    { ...plan, plan: plan.options, command: result.command, runtime: io.runtime, signal: io.signal },
    { progress: () => {}, speed: () => {}, finished: () => {} },
  )
}

/** The plan that the command of a result asks for, with all its machines; nothing of it runs. */
export async function planIn(result: Result, name: string, io: Io, opens: Leave['opens']): Promise<Plan> {
  const refuse = (why: string, hint?: string) => notAgain(name, why, hint)
  const args = await argsOf(result.command, { opens, threads: true }, refuse)
  if (args.ab !== undefined) throw refuse('its command compares revisions of a tree', 'Compare them again.')
  const plan = await planOf(args, io, machinesOf(result, refuse))
  // A modelled part says which one it is beside its command, so that the parts of a plan have one command.
  const { shard } = result
  return withRefined(shard === undefined || args.shard !== undefined ? plan : partOfPlan(plan, shard), result.runs)
}

/** A plan with the points that its refinement has run, or would run next, after such runs. */
export function withRefined(plan: Plan, runs: Result['runs']): Plan {
  const { refine, groups, options, shard } = plan
  if (refine === undefined) return plan
  const finished = new Finished({ runs })
  const more = refinedGroups(refine, groups, shard, (group) => finished.take(runsAskedOf(group, options)))
  return { ...plan, groups: [...groups, ...more] }
}

const COST = /^cost\.(.+)_ns$/

/** Costs of a plan override its machine; these override both. */
function withMachine(plan: Plan, values: Values): Plan {
  const costs = Object.entries(values).flatMap(([parameter, ns]) => {
    const cost = COST.exec(parameter)?.[1]
    return cost === undefined ? [] : [[cost, ns] as const]
  })
  const groups = plan.groups.map((group): Group => {
    if (group.modelled === undefined) return group
    const profile = withValues(group.modelled.profile, values, 'set for this run')
    return { ...group, modelled: { ...group.modelled, profile } }
  })
  return {
    ...plan,
    groups,
    options: { ...plan.options, costs: { ...plan.options.costs, ...Object.fromEntries(costs) } },
  }
}

export type Refuse = (why: string, hint?: string) => FaultlineError

/** Says whether the command of a result could be typed, without doing anything that it says. */
export async function checkCommand({ command }: Result, name: string): Promise<void> {
  if (command[0] === 'bench') await parse(command.slice(1), () => ({}), notAgain.bind(null, name))
}

/** Parses the stored command as if it had been typed, with restricted access to files. */
export async function argsOf(
  [verb, ...words]: Result['command'],
  { opens }: Leave,
  refuse: Refuse,
): Promise<BenchArgs> {
  if (verb !== 'bench') throw refuse(`its command is '${[verb, ...words].join(' ')}'`)
  const opened = (file: string) => {
    if (file === '-') throw refuse('its command reads standard input', 'Run the benchmark again with a file instead.')
    if (opens(file)) return file
    throw refuse(`its command wants to open ${file}`, `If that is meant: --open ${file}.`)
  }
  const taking = { name: 'bench', flags: await flagsOf({ usage: 'bench', flags: async () => benchFlags }) }
  const args = await parse(words, (file) => readConfig(opened(file), taking), refuse)
  for (const file of filesOf(args)) opened(file)
  return args
}

async function parse(words: readonly string[], config: (file: string) => object, refuse: Refuse): Promise<BenchArgs> {
  let refused: unknown
  const read = (file: string) => {
    try {
      return config(file)
    } catch (cause) {
      // The parser would replace its message.
      refused = cause
      throw cause
    }
  }
  const parser = newParser(words).config('config', read)
  return await benchFlags(parser.help(false).version(false))
    .strict()
    .demandCommand(0, 0)
    .check(noFlagTwice)
    .fail((message, error) => {
      throw refused ?? (error && !(error instanceof WrongUse) ? error : refuse(error?.message ?? message))
    })
    .parseAsync()
}

const filesOf = ({ trace, memslots, times, variant }: BenchArgs): string[] => [
  ...(trace === undefined ? [] : [trace]),
  ...(memslots === undefined || areWritten(memslots) ? [] : [memslots]),
  ...(times?.split(',') ?? []),
  ...(variant?.split(',').filter((name) => /[/\\]|\.[cm]?[jt]s$/.test(name)) ?? []),
]

/** Machines that come with the program, and those that the result carries; none is read from a file. */
export const machinesOf =
  ({ profiles = {} }: Result, refuse: Refuse): Machines =>
  (word) => {
    if (Object.hasOwn(profiles, word)) return carriedProfile(profiles[word], word)
    if (profileNames().includes(word)) return loadProfile(word)
    throw refuse(`it does not carry the machine '${word}'`, 'A result of this version does: run the benchmark again.')
  }

/** The machines, among those asked for, whose runs are wanted. */
function wordsOf({ machine }: BenchArgs, runs: Result['runs'], machines: Machines, { threads }: Leave): string {
  const wanted = new Set(runs.filter(isExactRun).map((run) => run.machine))
  const asked = machine?.split(',').map((word) => word.trim()) ?? [...wanted]
  return asked
    .filter((word) => (word === 'threads' ? threads && wanted.has(word) : wanted.has(machines(word).name)))
    .join(',')
}

const notAgain = (
  name: string,
  why: string,
  hint = 'Its command must be a `bench` that this version understands.',
): FaultlineError => new FaultlineError('NOT_REPEATED', 'usage', `${name} cannot be run again: ${why}`, { hint })
