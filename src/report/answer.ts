import { compareRuns } from '../bench/compare-runs.ts'
import { METRICS, type MetricName } from '../bench/metrics.ts'
import type { Metric, Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { inUnit, ratioText } from './numbers.ts'

/**
 * One plain sentence that answers the scenario's question, or says that these trials could not. What decides is the first
 * metric that the scenario names; the others follow.
 */
export function answer(scenario: Scenario, baseline: Run, candidate: Run): string {
  const findings = scenario.decides.flatMap(({ metric, reads }) => findingOf(baseline, candidate, metric, reads) ?? [])
  const [first] = findings
  const who = `${candidate.variant} against ${baseline.variant}`
  if (first === undefined) return `No answer: ${candidate.variant} and ${baseline.variant} have no figures in common.`
  const verdict = isModelled(baseline) && first.verdict === 'unresolved' ? WITHIN_BAND : VERDICTS[first.verdict]
  return `${verdict}${who}: ${findings.map(({ text }) => text).join('; ')}.`
}

const VERDICTS = {
  better: 'Yes: ',
  worse: 'No: ',
  other: '',
  same: 'No difference: ',
  unresolved: 'Not resolved by these trials: ',
} as const

/** Of machines that the profile might mean as well, some say one thing and some the other. */
const WITHIN_BAND = 'Not decided by what is known of the machine: '

const isModelled = ({ kind }: Run): boolean => kind === 'modelled'

type Finding = { readonly text: string; readonly verdict: keyof typeof VERDICTS }

function findingOf(baseline: Run, candidate: Run, metric: MetricName, reads: string): Finding | undefined {
  const before = baseline.metrics[metric]
  const after = candidate.metrics[metric]
  if (before === undefined || after === undefined) return undefined
  const comparison = compareRuns(baseline, candidate, metric)
  if (comparison === undefined) return withoutRatio(before, after, metric, reads, isModelled(baseline))
  const ratio = ratioText(comparison.ratio, comparison.ci95)
  if (comparison.exceedsNoise) {
    return { text: `${plainly(reads, before, after)} (${ratio})`, verdict: verdictOf(metric, comparison.ratio > 1) }
  }
  if (isModelled(baseline)) return ofModels(before, after, reads, ratio)
  const why = comparison.isResolved ? 'no more than the baseline differs from itself' : 'not resolved'
  return { text: `${reads} ${why} (${ratio})`, verdict: 'unresolved' }
}

/** Two modelled figures are equal, or one is the larger on some of the machines and the smaller on others. */
function ofModels(before: Metric, after: Metric, reads: string, ratio: string): Finding {
  if (before.median !== after.median) {
    return { text: `${reads}: the sign changes within the band of the draws (${ratio})`, verdict: 'unresolved' }
  }
  return { text: `${reads} ${inUnit(after.median, after.unit)} in both`, verdict: 'same' }
}

/** The baseline is 0. */
function withoutRatio(before: Metric, after: Metric, metric: MetricName, reads: string, isExact: boolean): Finding {
  if (before.median === after.median) {
    return { text: `${reads} ${inUnit(after.median, after.unit)} in both`, verdict: 'same' }
  }
  const isApart = isExact || (after.n >= 5 && after.ci95[0] > before.ci95[1])
  return { text: plainly(reads, before, after), verdict: isApart ? verdictOf(metric, true) : 'unresolved' }
}

function verdictOf(metric: MetricName, isMore: boolean): Finding['verdict'] {
  const { better } = METRICS[metric]
  if (better === null) return 'other'
  return isMore === (better === 'higher') ? 'better' : 'worse'
}

const plainly = (reads: string, before: Metric, after: Metric) =>
  `${inUnit(after.median, after.unit)} ${reads} instead of ${inUnit(before.median, before.unit)}`

/** Where no variant is proposed in place of another: all of them in order. */
export function ranking(scenario: Scenario, runs: readonly Run[]): string {
  const [{ metric, reads }] = scenario.decides as readonly [Scenario['decides'][number]]
  const found = runs.flatMap(({ variant, metrics }) => {
    const value = metrics[metric]
    return value === undefined ? [] : [{ variant, value }]
  })
  const isMoreBetter = METRICS[metric].better === 'higher'
  const ordered = found.toSorted((a, b) => (a.value.median - b.value.median) * (isMoreBetter ? -1 : 1))
  const said = ordered.map(({ variant, value }) => `${variant} ${inUnit(value.median, value.unit)}`)
  return `Best first, ${reads}: ${said.join(', ')}.`
}
