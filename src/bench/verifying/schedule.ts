import { groupOf, type PlanOptions, scheduleOf } from '../plan.ts'
import type { Run } from '../result.ts'
import { SCENARIOS } from '../scenarios/all.ts'
import { unequal, unless } from './claims.ts'

/**
 * The position of each trial of a group in the order, with its mode and its load, follows from the seed, the number of
 * variants and the number of their trials. This is checked only for a group that finished, with this code.
 */
export function scheduleFaults(runs: readonly Run[], seed: number): string[] {
  const [first] = runs
  const isWhole = runs.every(
    (run) => run.revision === undefined && run.error === null && !Object.hasOwn(run, 'interrupted'),
  )
  const scenario = SCENARIOS.find(({ name }) => name === first?.scenario)
  if (first === undefined || !isWhole || scenario === undefined || first.kind !== 'measured') return []
  const names = runs.map(({ variant }) => variant)
  const known = scenario.variants.map(({ name }) => name)
  if (names.some((name) => !known.includes(name)) || new Set(names).size < names.length) return []
  const group = groupOf(scenario, names, { vcpus: 1, notifiers: 1, zappers: 0 }, {}, null)
  // The baseline ran against itself before, two trials at a time.
  const aaTrials = Math.floor(Math.min(...runs.flatMap(({ order }) => order)) / 2)
  return againstSchedule(runs, scheduleOf({ ...group, effort: effortOf(runs, aaTrials) }, optionsOf(seed, runs)))
}

/** The seed is all that the order depends on, once the number of trials is known, and whether they shared workers: trials without end would. */
function optionsOf(seed: number, runs: readonly Run[]): PlanOptions {
  const areKept = runs.some(({ trials }) => trials.some(({ start }) => start !== undefined))
  const durationMs = areKept ? Number.POSITIVE_INFINITY : 0
  return { seed, timelineEvents: 0, durationMs, arrival: { kind: 'closed' } } as PlanOptions
}

const effortOf = ([first]: readonly Run[], aaTrials: number) => {
  const many = (mode: string) => first!.trials.filter((trial) => trial.mode === mode).length
  return { trials: many('throughput'), latencyTrials: many('latency'), aaTrials }
}

function againstSchedule(runs: readonly Run[], schedule: ReturnType<typeof scheduleOf>): string[] {
  return runs.flatMap(({ variant, trials, order }, index) => {
    const planned = schedule.flatMap((trial, place) =>
      trial.variant === index && trial.purpose === 'measure' ? [{ ...trial, place }] : [],
    )
    return trials.flatMap(({ mode, seed, start }, at) => {
      const wanted = planned[at]
      if (wanted === undefined) return [`${variant}: trial ${at} does not belong to the plan`]
      return [
        ...unequal(`${variant}: the seed of trial ${at}, by the result's,`, seed, wanted.seed),
        ...unless(
          start === wanted.start,
          `${variant}: trial ${at} ${startText(start)}, by the result's seed it ${startText(wanted.start)}`,
        ),
        ...unequal(`${variant}: the place of trial ${at}, by the result's seed,`, order[at]!, wanted.place),
        ...unless(
          mode === wanted.mode,
          `${variant}: trial ${at} is for ${mode}, by the result's seed it is for ${wanted.mode}`,
        ),
      ]
    })
  })
}

const startText = (start: number | undefined) =>
  start === undefined ? 'has workers of its own' : `is of start ${start} of its workers`
