import { mean, quantile } from 'simple-statistics'
import { FaultlineError } from '../errors/faultline-error.ts'
import { loadProfile, type Profile, profileHash, withValues } from '../model/profile.ts'
import { type ModelResult, runModel } from '../model/run.ts'
import { drawn } from '../model/scaling.ts'
import { HISTOGRAM } from '../protocols/counters.ts'
import { taskOf } from './load.ts'
import { valuesOf } from './parameters.ts'
import type { VmScenario } from './scenario.ts'
import faultScaling from './scenarios/fault-scaling.ts'
import icache from './scenarios/icache.ts'
import type { Target } from './targets/target.ts'

/** The range over machines drawn from the profile's ranges, without the most extreme tenths. */
type Band = { readonly low: number; readonly high: number; readonly holdsPublished: boolean }

/** A published figure, and the figure of the frozen profile. */
export type Validated = {
  readonly target: Target
  readonly profileHash: string
  readonly modelled: number
  /** Relative. */
  readonly error: number
  readonly isWithin: boolean
  /** null: no machines were drawn. */
  readonly band: Band | null
}

/** Seeds of draws are far from those of runs. */
const FIRST_DRAW = 0x5eed_0000
const SEED = 1

/** Models published figures; each run is a plain run of a scenario. With `draws`, on as many machines of the profile's ranges too. */
export async function validate(targets: readonly Target[], draws = 0, signal?: AbortSignal): Promise<Validated[]> {
  const all: Validated[] = []
  for (const target of targets) {
    const profile = loadProfile(target.machine)
    const modelled = await figureOf(target, profile, signal)
    const error = modelled / target.published - 1
    all.push({
      target,
      profileHash: profileHash(profile),
      modelled,
      error,
      isWithin: Math.abs(error) <= target.tolerance,
      band: draws === 0 ? null : await bandOf(target, profile, draws, signal),
    })
  }
  return all
}

async function bandOf(target: Target, profile: Profile, draws: number, signal?: AbortSignal): Promise<Band> {
  const figures: number[] = []
  for (let draw = 0; draw < draws; draw += 1) {
    figures.push(await figureOf(target, drawn(profile, FIRST_DRAW + draw), signal, [SEED + draw]))
  }
  const low = quantile(figures, 0.1)
  const high = quantile(figures, 0.9)
  return { low, high, holdsPublished: holds(low, high, target) }
}

const holds = (low: number, high: number, { published, rounding = 0 }: Target) =>
  low <= published + rounding && published - rounding <= high

/** `seeds`: as many as the row asks for if it is not said. */
export async function figureOf(
  target: Target,
  profile: Profile,
  signal?: AbortSignal,
  seeds?: readonly number[],
): Promise<number> {
  const { run } = target
  if (run.scenario === 'icache') {
    const set = { scale: '1', granule: '64k' }
    const ran = await runOn(profile, icache, run.variant, run.vcpus, set, run.forMs, SEED, signal)
    return Math.max(...ran.records.histograms(HISTOGRAM.icache_inval_ns).map(({ max }) => max)) / 1e9
  }
  const machine = withValues(profile, run.costs, 'declared with the row')
  const figures: number[] = []
  for (const seed of seeds ?? Array.from({ length: run.starts }, (_, at) => SEED + at)) {
    const ran = await runOn(machine, faultScaling, run.variant, run.vcpus, run.set, run.forMs, seed, signal)
    figures.push(run.figure(ran))
  }
  return mean(figures)
}

async function runOn(
  machine: Profile,
  scenario: VmScenario,
  variantName: string,
  vcpus: number,
  set: Readonly<Record<string, string>>,
  durationMs: number,
  seed: number,
  signal?: AbortSignal,
): Promise<ModelResult> {
  const variant = scenario.variants.find(({ name }) => name === variantName)
  if (variant === undefined)
    throw new FaultlineError('UNKNOWN_VARIANT', 'run', `no variant ${variantName}`, { hint: '' })
  const group = {
    scenario,
    variants: [variant],
    crew: { vcpus, notifiers: 0, zappers: 0 },
    set,
    values: valuesOf(scenario.parameters, {}, set),
    replay: null,
  }
  const timing = { arrival: { kind: 'closed' }, sampleEvery: 1 } as const
  const watch = { oracles: false, recorder: true, lockStatistics: true, lockdep: false }
  return await runModel({
    ...taskOf(group, variant, timing, seed, watch),
    machine,
    warmupMs: scenario === icache ? 0 : durationMs / 4,
    durationMs,
    seed,
    ...(signal === undefined ? {} : { signal }),
  })
}
