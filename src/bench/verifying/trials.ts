import type { Run } from '../result.ts'
import { SCENARIOS } from '../scenarios/all.ts'
import { unequal, unless } from './claims.ts'

/** Checks the properties of trials besides their figures. */
export function trialFaults({ trials, order, kind }: Run): string[] {
  return [
    ...trials.flatMap((trial, place) => [
      ...unequal(`trial ${place}: index`, trial.index, place),
      ...unless(
        Number.isFinite(trial.durationNs) && trial.durationNs >= 0,
        `trial ${place} took ${trial.durationNs} ns`,
      ),
      ...unless(kind === 'measured' || trial.mode === 'throughput', `trial ${place} is for ${trial.mode}, of a model`),
    ]),
    ...unequal('places in the order', order.length, trials.length),
    ...unless(new Set(order).size === order.length, 'two trials have one place in the order'),
    ...unless(
      order.every((place, index) => Number.isInteger(place) && place >= 0 && place >= (order[index - 1] ?? 0)),
      `the order ${order.join(', ')} is not a possible order of trials`,
    ),
  ]
}

/** The key that interleaved runs share. */
export const groupKey = ({ scenario, variant, machine, kind, params, revision }: Run): string =>
  // One of two revisions may know a parameter that the other does not; their processes take turns in any case.
  JSON.stringify(
    revision === undefined
      ? [scenario, machine, kind, params, isBroken(scenario, variant) ? variant : '']
      : ['revisions', machine, kind],
  )

/** A broken variant is watched alone. */
const isBroken = (scenario: string, variant: string) =>
  SCENARIOS.find(({ name }) => name === scenario)?.variants.find(({ name }) => name === variant)?.kind === 'broken'

/** Processes of `--ab` number the trials of one round below this. */
const PER_ROUND = 1000

/**
 * Variants of one group take turns: their trials fill the order without a gap, and trials of one round have one load. A run
 * or a trial that was taken out leaves a hole.
 */
export function groupFaults(runs: readonly Run[]): string[] {
  const measured = runs.filter(({ kind, error }) => kind === 'measured' && error === null)
  if (measured.length < runs.length || measured.length === 0) return []
  const places = [
    ...new Set(
      measured.flatMap(({ order, revision }) =>
        revision === undefined ? order : order.map((place) => Math.floor(place / PER_ROUND)),
      ),
    ),
  ].sort((a, b) => a - b)
  const missing = places.slice(1).flatMap((place, index) => (place === places[index]! + 1 ? [] : [places[index]! + 1]))
  const loads = measured.map(({ trials }) => trials.map(({ mode, seed }) => `${mode} ${seed}`))
  const shortest = Math.min(...loads.map(({ length }) => length))
  const isOfRevisions = measured.some(({ revision }) => revision !== undefined)
  const isOne = loads.every((each) => each.slice(0, shortest).join() === loads[0]!.slice(0, shortest).join())
  return [
    ...missing.map((place) => `the trial at place ${place} of the order is in no run of its group`),
    ...(isOfRevisions ? [] : noiseFaults(runs, Math.floor(places[0]! / 2))),
    ...unless(isOne || isOfRevisions, 'trials of one round have different loads'),
    ...unless(
      isOfRevisions || loads.every(({ length }) => length - shortest <= 1),
      'the variants have trials of different numbers',
    ),
  ]
}

/** Before the first place the baseline ran against itself, two trials at a time; that is kept as noise. */
function noiseFaults(runs: readonly Run[], pairs: number): string[] {
  const noise = runs.flatMap((run) => Object.entries(run.noise ?? {}))
  const isDirected = runs.some(({ metrics }) =>
    Object.values(metrics).some(({ better, median }) => better !== null && median > 0),
  )
  return [
    ...unless(
      noise.length > 0 || pairs === 0 || !isDirected,
      `${pairs} pairs of the baseline against itself ran, but the noise is missing`,
    ),
    ...runs
      .slice(1)
      .flatMap((run) =>
        unless(run.noise === undefined, `${run.variant} has noise, but ${runs[0]!.variant} ran against itself`),
      ),
    ...noise.flatMap(([name, { n }]) => unless(n <= pairs, `noise of ${name} is of ${n} pairs: ${pairs} ran`)),
  ]
}
