import { definitionOf } from '../definition/definition.ts'
import { digestOf } from '../digest.ts'
import { engineHash } from '../host.ts'
import type { Result, Run } from '../result.ts'
import { SCENARIOS } from '../scenarios/all.ts'
import { boundFaults } from './bound.ts'
import { counterFaults, sumFaults } from './counters.ts'
import { headerFaults, modelFaults, noiseFaults, timelineFaults } from './header.ts'
import { histogramFaults, samplingFaults } from './histograms.ts'
import { lockFaults } from './locks.ts'
import { metricFaults } from './metrics.ts'
import { presenceFaults } from './presence.ts'
import { scheduleFaults } from './schedule.ts'
import { groupFaults, groupKey, trialFaults } from './trials.ts'

/** A value in a result that does not follow from its source, or contradicts it. */
export type Fault = { readonly run: string; readonly says: string }

export const runName = ({ scenario, variant, machine }: Run): string => `${scenario} ${variant} on ${machine}`

/** Derives every summary again from the raw trials, histograms and rows of the same file, and holds them against each other. */
export function faultsOf(result: Result): Fault[] {
  const isOther = otherCode()
  const groups = new Map<string, Run[]>()
  for (const run of result.runs) {
    const own = groups.get(groupKey(run))
    if (own === undefined) groups.set(groupKey(run), [run])
    else own.push(run)
  }
  return [
    ...[...headerFaults(result), ...digestFaults(result)].map((says) => ({ run: 'the result', says })),
    ...result.runs.flatMap((run) => runFaults(run, !isOther(run)).map((says) => ({ run: runName(run), says }))),
    ...[...groups.values()].flatMap((runs) => {
      const { scenario, machine } = runs[0]!
      const isOwn = !runs.some(isOther)
      const bound = isOwn ? boundFaults(runs, result.host.cores) : []
      const faults = [...groupFaults(runs), ...bound, ...(isOwn ? scheduleFaults(runs, result.seed) : [])]
      return faults.map((says) => ({ run: `${scenario} on ${machine}`, says }))
    }),
  ]
}

function digestFaults(result: Result): string[] {
  if (result.digest === undefined || result.digest === digestOf(result)) return []
  return ['it was altered after it was written: its digest is that of something else']
}

/** The meaning of counters and outcomes is known only for results of this code. */
const runFaults = (run: Run, isOwn: boolean): string[] => [
  ...metricFaults(run),
  ...trialFaults(run),
  ...sumFaults(run),
  ...(isOwn ? [...counterFaults(run), ...presenceFaults(run)] : []),
  ...histogramFaults(run),
  ...(isOwn ? samplingFaults(run) : []),
  ...lockFaults(run, isOwn),
  ...noiseFaults(run),
  ...(isOwn ? modelFaults(run) : []),
  ...timelineFaults(run),
]

/** Runs of other code than this tree's: their figures cannot be reproduced with it. */
export function otherCode(): (run: Run) => boolean {
  const engine = engineHash()
  return (run) =>
    SCENARIOS.every(({ name }) => name !== run.scenario) ||
    definitionOf(run) !== run.definition ||
    (run.model !== undefined && run.model.engineHash !== engine)
}
