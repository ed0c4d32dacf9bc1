import yargs from 'yargs'
import { bench as runBench } from '../bench/bench.ts'
import { FaultlineError } from '../bench/error.ts'
import { isExactRun } from '../bench/gate/exact.ts'
import type { Result } from '../bench/result.ts'
import { benchFlags } from './bench-flags.ts'
import { planOf } from './bench-plan.ts'
import type { Io } from './io.ts'
import { PARSING } from './parsing.ts'

/** Runs again what a result says it was asked for, on those of its machines that give the same every time. */
export async function rerun({ command }: Result, runs: Result['runs'], name: string, io: Io): Promise<Result> {
  const [verb, ...words] = command
  if (verb !== 'bench') throw notAgain(name, `its command is '${command.join(' ')}'`)
  const machines = [...new Set(runs.filter(isExactRun).map(({ machine }) => machine))]
  const args = await benchFlags(
    yargs(words).parserConfiguration(PARSING).config('config').exitProcess(false).help(false),
  )
    .fail((message, error) => {
      throw error ?? notAgain(name, message)
    })
    .parseAsync()
  const plan = await planOf({ ...args, machine: machines.join(',') }, io)
  return await runBench(
    { groups: plan.groups, plan: plan.options, command, runtime: io.runtime, signal: io.signal },
    { progress: () => {}, speed: () => {}, finished: () => {} },
  )
}

const notAgain = (name: string, why: string) =>
  new FaultlineError('NOT_REPEATED', 'usage', `${name} cannot be run again: ${why}`, {
    hint: 'Its command must be a `bench` that this version understands.',
  })
