import type { Run } from '../result.ts'
import { unequal, unless } from './claims.ts'

/** What trials say of themselves, besides their figures. */
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
      `the order ${order.join(', ')} is none in which trials can run`,
    ),
  ]
}

/** Runs that were interleaved. */
export const groupKey = ({ scenario, machine, kind, params }: Run): string =>
  JSON.stringify([scenario, machine, kind, params])

/** Processes of `--ab` number the trials of one round within so many. */
const PER_ROUND = 1000

/**
 * Variants of one group take turns: their trials fill the order without a gap, and trials of one round have one load. Whoever
 * takes a run out, or a trial, leaves a hole.
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
  const isOne = loads.every((each) => each.slice(0, shortest).join() === loads[0]!.slice(0, shortest).join())
  return [
    ...missing.map((place) => `the trial at place ${place} of the order is in no run of its group`),
    ...unless(
      isOne || measured.some(({ revision }) => revision !== undefined),
      'trials of one round have different loads',
    ),
    ...unless(
      loads.every(({ length }) => length - shortest <= 1),
      'the variants have trials of different numbers',
    ),
  ]
}
