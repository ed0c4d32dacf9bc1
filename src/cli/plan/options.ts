import os from 'node:os'
import { estimateMs, fitToBudget } from '../../bench/budget.ts'
import type { Group, PlanOptions } from '../../bench/plan.ts'
import type { Arrival } from '../../bench/scenario.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import type { BenchArgs } from '../bench-args.ts'
import { integer, integers, milliseconds } from '../flags.ts'
import type { Io } from '../io.ts'
import { limitMs, plannedMs } from '../time-limit.ts'

/** Longer than this, a plan is more likely a slip of the keyboard than a wish. */
const LONGEST_MS = 10 * 60_000

/** Defaults of flags that are left out. By default nothing is oversubscribed, except for primitives, which are about it. */
type Defaults = {
  readonly vcpus: string
  readonly notifiers: string
  readonly trials: string
  readonly aaTrials: number
  readonly duration: string
  readonly warmup: string
}
const CREW = { vcpus: String(Math.max(1, os.availableParallelism() - 1)), notifiers: '1' } as const
export const DEFAULTS = {
  vm: { ...CREW, trials: '10', aaTrials: 5, duration: '400ms', warmup: '300ms' },
  headline: { ...CREW, trials: '5', aaTrials: 2, duration: '120ms', warmup: '100ms' },
  primitives: { vcpus: '1,2,4,8', notifiers: '0', trials: '5', aaTrials: 5, duration: '100ms', warmup: '100ms' },
  broken: { ...CREW, trials: '3', aaTrials: 0, duration: '500ms', warmup: '100ms' },
} as const satisfies Record<string, Defaults>

export function defaultsOf(groups: readonly Group[]): Defaults {
  if (groups.every(({ scenario }) => scenario.kind === 'primitives')) return DEFAULTS.primitives
  if (groups.every(({ variants }) => variants.every(({ kind }) => kind === 'broken'))) return DEFAULTS.broken
  return DEFAULTS.vm
}

export function optionsOf(args: BenchArgs, defaults: Defaults, costs: Readonly<Record<string, number>>): PlanOptions {
  const trials = integer('trials', args.trials ?? defaults.trials, 1, 10_000)
  return {
    seed: integers('seed', args.seed ?? '1', 0, 0xffff_ffff)[0]!,
    trials,
    latencyTrials: latencyTrialsOf(trials),
    aaTrials: Math.min(defaults.aaTrials, trials),
    durationMs: milliseconds('duration', args.duration ?? defaults.duration),
    warmupMs: milliseconds('warmup', args.warmup ?? defaults.warmup),
    arrival: arrivalOf(args),
    sampleEvery: 8,
    timelineEvents: timelineEventsOf(args),
    oracles: true,
    costs,
  }
}

export const timelineEventsOf = ({ timeline }: Pick<BenchArgs, 'timeline'>) =>
  timeline === undefined ? 0 : integer('timeline', timeline, 100, 1_000_000)

const latencyTrialsOf = (trials: number) => Math.max(Math.min(trials, 5), Math.ceil(trials / 2))

function arrivalOf({ arrival, rate }: BenchArgs): Arrival {
  if (arrival === 'closed' && rate !== undefined) {
    throw new FaultlineError(
      'RATE_WITHOUT_ARRIVAL',
      'usage',
      '--rate says how fast accesses arrive, but the loop is closed',
      {
        hint: 'Add --arrival open, or leave --rate out.',
      },
    )
  }
  if (arrival === 'closed') return { kind: 'closed' }
  if (rate === undefined) {
    throw new FaultlineError('ARRIVAL_WITHOUT_RATE', 'usage', 'an open loop needs a rate', {
      hint: 'Add --rate 10000: accesses a second of each vCPU.',
    })
  }
  return { kind: 'open', ratePerSecond: integer('rate', rate, 1, 10_000_000) }
}

/** Keeps to the time that the user has, and asks about a plan that takes surprisingly long. */
export function fitted(args: BenchArgs, groups: readonly Group[], options: PlanOptions, io: Io): PlanOptions {
  const limit = limitMs(args)
  if (limit !== undefined) return fitToBudget(groups, options, plannedMs(limit, io))
  const estimate = estimateMs(groups, options)
  if (estimate <= LONGEST_MS) return options
  throw new FaultlineError(
    'LONG_PLAN',
    'usage',
    `this plan would take about ${Math.round(estimate / 60_000)} minutes`,
    {
      hint: `Write times with their unit (--duration 400ms), or say that you mean it: --time-budget ${Math.ceil(estimate / 60_000)}m.`,
    },
  )
}
