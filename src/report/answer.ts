import { compareRuns } from '../bench/compare-runs.ts'
import { METRICS, type MetricName } from '../bench/metrics.ts'
import type { Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { inUnit, ratioText } from './numbers.ts'

/** One plain sentence that answers the scenario's question, or says that these trials could not. */
export function answer(scenario: Scenario, baseline: Run, candidate: Run): string {
  const findings = scenario.decides.flatMap(({ metric, reads }) => findingOf(baseline, candidate, metric, reads) ?? [])
  const first = findings.find(({ isResolved }) => isResolved)
  if (findings.length === 0) return `No answer: ${candidate.variant} and ${baseline.variant} have no figures in common.`
  if (first === undefined) {
    const doubts = findings.map(({ text }) => text).join('; ')
    return `Not resolved by these trials: ${candidate.variant} against ${baseline.variant}: ${doubts}.`
  }
  const verdict = first.isBetter === null ? '' : first.isBetter ? 'Yes: ' : 'No: '
  const ordered = [first, ...findings.filter((finding) => finding !== first)]
  return `${verdict}${candidate.variant} against ${baseline.variant}: ${ordered.map(({ text }) => text).join('; ')}.`
}

type Finding = { readonly text: string; readonly isResolved: boolean; readonly isBetter: boolean | null }

function findingOf(baseline: Run, candidate: Run, metric: MetricName, reads: string): Finding | undefined {
  const before = baseline.metrics[metric]
  const after = candidate.metrics[metric]
  if (before === undefined || after === undefined) return undefined
  const comparison = compareRuns(baseline, candidate, metric)
  if (comparison === undefined) {
    const isSame = before.median === after.median
    const text = isSame ? `${reads} ${inUnit(after.median, after.unit)} in both` : plainly(reads, before, after)
    return { text, isResolved: false, isBetter: null }
  }
  const ratio = ratioText(comparison.ratio, comparison.ci95)
  if (!comparison.exceedsNoise) return { text: `${reads} not resolved (${ratio})`, isResolved: false, isBetter: null }
  const { better } = METRICS[metric]
  const isBetter = better === null ? null : better === 'higher' ? comparison.ratio > 1 : comparison.ratio < 1
  return { text: `${plainly(reads, before, after)} (${ratio})`, isResolved: true, isBetter }
}

const plainly = (reads: string, before: { median: number; unit: string }, after: { median: number; unit: string }) =>
  `${inUnit(after.median, after.unit)} ${reads} instead of ${inUnit(before.median, before.unit)}`
