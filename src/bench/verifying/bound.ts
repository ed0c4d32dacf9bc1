import { LEAST_BOUND_MS } from '../plan.ts'
import type { Run, TrialRow } from '../result.ts'
import { unless } from './claims.ts'

type Bound = TrialRow & { readonly cpus: readonly number[] }

/**
 * The CPUs that workers were bound to. A round's seed turns the list of all CPUs of the process, so worker `id` of each
 * trial is on a known one. Whether a trial was bound at all is known only beside others of the same workers.
 */
export function boundFaults(runs: readonly Run[], cores: number): string[] {
  const sets = new Set(runs.flatMap(({ trials }) => trials.filter(isBound).map(({ cpus }) => sorted(cpus).join())))
  return [
    ...runs.flatMap((run) => runFaults(run, cores).map((says) => `${run.variant}: ${says}`)),
    ...unless(
      sets.size <= 1,
      `workers were bound to CPUs ${[...sets].join('; in other trials ')}: a process has one set`,
    ),
  ]
}

const isBound = (trial: TrialRow): trial is Bound => trial.cpus !== undefined
const sorted = (cpus: readonly number[]) => cpus.toSorted((a, b) => a - b)

function runFaults(run: Run, cores: number): string[] {
  const { kind, params, revision, trials } = run
  const bound = trials.filter(isBound)
  if (bound.length === 0) return []
  if (kind === 'modelled') return ['cpus: a modelled run has no CPUs of the host']
  const isShort = typeof params.duration === 'number' && params.duration < LEAST_BOUND_MS
  return [
    ...unless(!isShort, `cpus: workers of trials of ${params.duration} ms are not bound`),
    ...bound.flatMap(({ index, cpus }) =>
      unless(
        new Set(cpus).size === cpus.length &&
          cpus.length <= cores &&
          cpus.every((cpu) => Number.isInteger(cpu) && cpu >= 0),
        `trial ${index}: ${cpus.join(', ')} are not CPUs of a host of ${cores}`,
      ),
    ),
    // The seed of a trial of `--ab` is that of its process, from which the seed of the round was drawn.
    ...(revision === undefined ? bound.flatMap(turnFaults) : []),
    ...keptFaults(trials),
  ]
}

/** The list of CPUs begins with another one in each round. */
function turnFaults({ index, cpus, seed }: Bound): string[] {
  const all = sorted(cpus)
  const turned = all.map((_, id) => all[(id + (seed % all.length)) % all.length]!)
  return unless(
    cpus.join() === turned.join(),
    `trial ${index}: its workers were on CPUs ${cpus.join(', ')}, by its seed on ${turned.join(', ')}`,
  )
}

/** Trials of one start have the same workers, where they had been bound. */
function keptFaults(trials: readonly TrialRow[]): string[] {
  return trials.flatMap(({ index, start, seed, cpus }) => {
    const first = trials.find((other) => start !== undefined && other.start === start && other.seed === seed)
    return unless(
      first === undefined || first.cpus?.join() === cpus?.join(),
      `trial ${index}: its workers are those of trial ${first?.index}, on other CPUs`,
    )
  })
}
