import type { Metric, Noise, Result, Run, TrialRow } from '../result.ts'
import type { Cell } from './layout.ts'

export type Pair = readonly [base: number, head: number, start?: string | undefined]

/** The values of one metric on both sides, in the order in which they were measured. */
export type Values = {
  readonly base: readonly number[]
  readonly head: readonly number[]
  /** Values of trials that ran in the same round, and the start that their workers share with other rounds; none if the sides were not interleaved. */
  readonly pairs: readonly Pair[]
  /** For sides that were not interleaved: whether head came later; undefined if that is not known. */
  readonly isHeadLater?: boolean | undefined
}

export type Samples = Values & {
  readonly metric: string
  readonly isExact: boolean
  readonly kind: Pick<Metric, 'unit' | 'better'>
  /** The A/A noise of the baseline, if a side measured it. */
  readonly noise: readonly Noise[]
}

/** Metrics that both runs have. */
export const commonMetrics = (base: Run, head: Run): string[] =>
  Object.keys(base.metrics).filter((name) => head.metrics[name] !== undefined)

export function samplesOf(base: Cell, head: Cell, metric: string): Samples {
  const [a, b] = [base.run.metrics[metric]!, head.run.metrics[metric]!]
  return {
    metric,
    base: valuesOf(base.run, metric),
    head: valuesOf(head.run, metric),
    pairs: areInterleaved(base, head) ? pairsOf(base.run, head.run, metric) : [],
    isHeadLater: order(base, head),
    isExact: (a.assume === 'exact' && b.assume === 'exact') || base.run.kind === 'modelled',
    kind: { unit: a.unit, better: a.better },
    noise: (base.source === head.source ? [base] : [base, head]).flatMap((cell) => noiseOf(cell, metric)),
  }
}

/** Groups of one file that differ in more than the variant ran one after the other. */
function areInterleaved({ source, run }: Cell, head: Cell): boolean {
  if (source !== head.source || run.scenario !== head.run.scenario || run.machine !== head.run.machine) return false
  return run.revision?.side !== head.run.revision?.side || isSameLoad(run, head.run)
}

function order({ source, run }: Cell, head: Cell): boolean | undefined {
  const [one, other] = [Date.parse(source.result.createdAt), Date.parse(head.source.result.createdAt)]
  if (source === head.source) return source.result.runs.indexOf(head.run) > source.result.runs.indexOf(run)
  return one === other ? undefined : other > one
}

/** In the order of the trials; a metric that only its summary knows is its own single value. */
function valuesOf({ trials, metrics }: Run, metric: string): number[] {
  const values = trials.flatMap((trial) => trial.metrics[metric] ?? [])
  return values.length === 0 ? [metrics[metric]!.median] : values
}

/** Trials of one round have one seed; by it they find each other even if one of them is missing. */
export function pairsOf(base: Run, head: Run, metric: string): Pair[] {
  const waiting = new Map<string, TrialRow[]>()
  for (const trial of head.trials) waiting.set(roundOf(trial), [...(waiting.get(roundOf(trial)) ?? []), trial])
  return base.trials.flatMap((trial): Pair[] => {
    const [one, other] = [trial.metrics[metric], waiting.get(roundOf(trial))?.shift()?.metrics[metric]]
    return one === undefined || other === undefined ? [] : [[one, other, startOf(trial)]]
  })
}

/** Of which start the workers of a trial are, if they were kept for several. */
const startOf = ({ seed, start }: TrialRow) => (start === undefined ? undefined : `${seed} ${start}`)

const roundOf = ({ seed, mode }: TrialRow) => `${seed} ${mode}`

/** The A/A noise of the group's baseline, which applies to the whole group. */
function noiseOf({ source, run }: Cell, metric: string): Noise[] {
  const group = baselinesOf(source.result).filter(
    (other) =>
      other.noise?.[metric] !== undefined &&
      other.scenario === run.scenario &&
      other.machine === run.machine &&
      isSameLoad(other, run),
  )
  return group.map(({ noise }) => noise?.[metric]).filter((noise) => noise !== undefined)
}

const baselines = new WeakMap<Result, readonly Run[]>()

/** Runs that ran against themselves: of a modelled result none did, however many it has. */
function baselinesOf(result: Result): readonly Run[] {
  const known = baselines.get(result) ?? result.runs.filter(({ noise }) => noise !== undefined)
  baselines.set(result, known)
  return known
}

const isSameLoad = (a: Run, b: Run) => JSON.stringify(a.params) === JSON.stringify(b.params)
