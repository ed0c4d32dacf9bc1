import type { Answer, AnswerVerdict } from '../bench/answers/answer.ts'
import type { Finding } from '../bench/answers/finding.ts'
import { METRICS } from '../bench/metrics.ts'
import type { Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { compact, ratioText, valueText } from './numbers.ts'
import { PLAIN, type Style, toneOf } from './tones.ts'

export const VERDICTS: Readonly<Record<AnswerVerdict, string>> = {
  yes: 'Yes',
  no: 'No',
  'not-resolved': 'Not resolved',
  'no-answer': 'No answer',
}

/** Figures that speak against the verdict, and how the sentence adds them. */
const AGAINST = {
  yes: { verdict: 'worse', opens: ', at the price of', joins: ' and ' },
  no: { verdict: 'better', opens: '; in its favour,', joins: ' and ' },
  'not-resolved': { verdict: undefined, opens: '', joins: '' },
} as const

/** An answer as a sentence: the verdict, the figure that decides, and the price. */
export function answerText(answer: Answer, { paint }: Style = PLAIN): string {
  const { verdict, baseline, candidate, findings } = answer
  const opening = `${paint(`${VERDICTS[verdict]}:`, toneOf[verdict])} ${candidate} against ${baseline}`
  if (verdict === 'no-answer') {
    const missing = findings.filter((finding) => finding.verdict === 'missing')
    return `${opening}: ${[...new Set(missing.map(({ why }) => why))].join('; ')}. ${remedyOf(answer, missing)}`
  }
  const [first, ...others] = findings as readonly [Finding, ...Finding[]]
  const { verdict: contrary, opens, joins } = AGAINST[verdict]
  const against = others.filter((finding) => finding.verdict === contrary)
  const rest = others.filter((finding) => !against.includes(finding))
  const clauses = [findingText(first), ...rest.map(findingText)].join('; ')
  const paid = against.length === 0 ? '' : `${opens} ${against.map(findingText).join(joins)}`
  const next = verdict === 'not-resolved' ? ` ${nextOf(answer)}` : ''
  return `${opening}: ${clauses}${paid}.${next}`
}

/** States what these trials could have shown of the deciding figure, and what would show more. */
function nextOf({ kind, isReplay, isCut, findings }: Answer): string {
  const { wouldShow } = findings[0]!
  const shown = wouldShow === null ? '' : `A change of ${changeText(wouldShow)} would have shown. `
  if (isCut) return `${shown}${CUT_SHORT}`
  if (kind === 'modelled') return `${shown}${MORE_CERTAIN}`
  return `${shown}${isReplay ? MORE_RECORDED.measured : MORE_DATA}`
}

/** Beyond twice the baseline, percents are no longer read. */
const changeText = (part: number) =>
  part < 2 ? `${Number((part * 100).toPrecision(2))} %` : `a factor of ${compact(1 + part)}`

/** The first deciding figure, or the missing one, as a clause. */
export function decidingText({ verdict, findings }: Answer): string {
  const missing = findings.find((finding) => finding.verdict === 'missing')
  return verdict === 'no-answer' && missing !== undefined ? missing.why : findingText(findings[0]!)
}

const CUT_SHORT = 'The plan was cut short: allow it more time, or go on with --resume FILE.'
const MORE_DATA = 'Try more --trials, a longer --duration, or fewer workers.'
const MORE_CERTAIN = 'Measure it on such a machine, or narrow the ranges of its profile (docs/model.md).'
const MORE_RECORDED = { measured: 'Try more --trials, or a longer recording.', modelled: 'Try a longer recording.' }

function remedyOf(answer: Answer, missing: readonly Finding[]): string {
  const { kind, isReplay, leftOut, isCut, baseline, candidate } = answer
  if (leftOut === '--notifiers 0') return 'Nothing invalidates with --notifiers 0: give at least 1.'
  if (leftOut !== null) return `The tasks that the question is about are left out by ${leftOut}: give at least 1.`
  if (isCut) return CUT_SHORT
  if (isReplay) return MORE_RECORDED[kind]
  const without = [baseline, candidate].find((variant) => missing.every((finding) => finding.onlyWithout === variant))
  if (without !== undefined) {
    return `The other side has it under the same load: ${without} may never do this, and then no duration shows it.`
  }
  return kind === 'measured'
    ? 'Try a longer --duration, more --trials, or fewer workers (--vcpus).'
    : 'Try a longer --duration, or fewer workers (--vcpus) than the machine has CPUs: workers that share a CPU take turns of milliseconds (machine.slice_ms).'
}

function findingText({ metric, reads, unit, before, after, ratio, ci95, verdict, why }: Finding): string {
  const text = (value: number | null) => valueText(metric, value ?? 0, unit)
  const ratios = ratio === null || ci95 === null ? '' : ratioText(ratio, ci95)
  if (verdict === 'same') {
    const value = ratio === null || ratio === 1 ? `${text(after)} in both` : `the same (${ratios}, ${why})`
    return `${reads} ${value}`
  }
  if (verdict === 'unresolved')
    return `${reads} not resolved${ratios === '' ? '' : ` (${ratios})`}${why === '' ? '' : `: ${why}`}`
  const change = `${text(after)} ${reads} instead of ${text(before)}`
  return ratios === '' ? change : `${change} (${ratios})`
}

/** A variant that nothing is compared with: its figures. */
export function aloneText({ decides }: Scenario, { variant, metrics }: Run): string {
  const figures = decides.flatMap(({ metric, reads }) => {
    const value = metrics[metric]
    return value === undefined ? [] : [`${valueText(metric, value.median, value.unit)} ${reads}`]
  })
  const stated = figures.length === 0 ? 'none of the figures that decide was recorded' : figures.join('; ')
  return `${variant} alone: ${stated}. An answer needs two variants: --variant A,B.`
}

/** All variants in order, where none is proposed to replace another. */
export function ranking(scenario: Scenario, runs: readonly Run[]): string {
  const { metric, reads } = scenario.decides[0]!
  const found = runs.flatMap(({ variant, metrics }) => {
    const value = metrics[metric]
    return value === undefined ? [] : [{ variant, value }]
  })
  const isMoreBetter = METRICS[metric].better === 'higher'
  const ordered = found.toSorted((a, b) => (a.value.median - b.value.median) * (isMoreBetter ? -1 : 1))
  const stated = ordered.map(({ variant, value }) => `${variant} ${valueText(metric, value.median, value.unit)}`)
  return `Best first, ${reads}: ${stated.join(', ')}.`
}
