import { LATENCIES } from '../derived/latencies.ts'
import { samplesNeeded } from '../percentiles.ts'
import type { Run } from '../result.ts'
import type { Decision } from '../scenario.ts'

/** Why a run lacks a figure, as a clause that names the run. */
export function missingBecause(run: Run, { metric, reads }: Decision): string {
  if (isCutOff(run)) return `${run.variant} had no trial`
  const latency = LATENCIES.find((each) => each.metric === metric)
  const needed = latency === undefined ? 0 : samplesNeeded(latency.percentile)
  const count = samplesOf(run, { metric })
  if (count > 0 && count < needed) {
    return `${run.variant} has ${plural(count, 'sample')} for '${reads}', which needs ${needed.toLocaleString('en')}`
  }
  return `${run.variant} recorded nothing for '${reads}'`
}

/** Whether the plan ended before the first trial of this run. */
export const isCutOff = ({ trials, interrupted }: Run): boolean => trials.length === 0 && interrupted !== undefined

/** The number of samples of a run for a percentile; 0 where nothing was recorded, and for other metrics. */
export function samplesOf(run: Run, { metric }: Pick<Decision, 'metric'>): number {
  const latency = LATENCIES.find((each) => each.metric === metric)
  return latency === undefined ? 0 : (run.histograms[latency.histogram]?.count ?? 0)
}

const plural = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
