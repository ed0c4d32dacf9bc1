import type { Change, Comparison, Figure } from '../bench/comparing/compare.ts'
import { compact, inUnit } from './numbers.ts'

/** `188k ± 3 %`: the median and how far the further end of its interval is from it. */
export function figureText({ median, ci95, n }: Figure, unit: string): string {
  const value = inUnit(median, unit)
  const reach = Math.max(median - ci95[0], ci95[1] - median)
  if (n < 2 || reach === 0) return value
  // Beyond that, percents of something nearly 0 are no longer read.
  return reach >= 10 * Math.abs(median)
    ? `${value} ± ${inUnit(reach, unit)}`
    : `${value} ± ${percent(reach / Math.abs(median))}`
}

export const percent = (share: number): string => `${round(share * 100)} %`

const round = (value: number) => (Math.abs(value) >= 9.95 ? value.toFixed(0) : value.toFixed(1))

/** `+13 %`, or as a factor where percents are no longer read. */
export function ratioChange(ratio: number): string {
  if (ratio >= 3) return `${ratio.toFixed(ratio < 10 ? 1 : 0)}x`
  const change = (ratio - 1) * 100
  return `${change < 0 ? '-' : '+'}${round(Math.abs(change))} %`
}

/** The change of a figure: `-13 % (p=0.001 n=10)`, `~ (p=0.45 n=10+9, 4.1 % would have shown)`, `=`. */
export function changeText(change: Change): string {
  const text = ownText(change)
  if (change.sameAs !== null) return `${text}, as ${change.sameAs}`
  return change.role === 'exploratory' && change.test.method !== 'exact' ? `${text}, exploratory` : text
}

function ownText(change: Change): string {
  const { test, base, head, verdict } = change
  if (verdict === 'equal') return test.method === 'exact' ? '=' : '= (0 in every trial)'
  const size = test.ratio === null ? `from ${compact(base.median)} to ${compact(head.median)}` : ratioChange(test.ratio)
  if (test.method === 'exact') return `${test.ratio === 1 ? 'changed' : size} (exact)`
  if (test.trialsNeeded > 0) return `~ (n=${trials(base.n, head.n)}, ${test.trialsNeeded} trials a side are needed)`
  const evidence = `${pText(change.adjusted)} n=${trials(base.n, head.n)}`
  if (verdict === 'unresolved') return `~ (${evidence}${doubt(change)})`
  const interval = test.ci95 === null ? '' : ` [${test.ci95.map(ratioChange).join(', ')}]`
  return `${size}${interval} ${verdict} (${evidence})`
}

function doubt({ test, adjusted, isInsideNoise, isOverTime }: Change): string {
  if (isOverTime) return ', the host differs from itself over time: not comparable; use --ab'
  if (isInsideNoise && adjusted !== null && adjusted < 0.05) return ', within the A/A noise of the baseline'
  if (test.detectable === null || test.detectable === 0) return ''
  return `, ${wouldShow(test.detectable)} would have shown`
}

/** A change relative to the baseline, without its direction: `12 %`, or as a factor where percents are no longer read. */
export const wouldShow = (size: number): string => (size < 2 ? percent(size) : `${(1 + size).toFixed(0)}x`)

export const probability = (p: number | null): string => (p === null ? '' : p.toFixed(3))

/** `p=0.013`; what would be rounded to 0 is `p<0.001`. */
const pText = (p: number | null): string => (p !== null && p < 0.0005 ? 'p<0.001' : `p=${probability(p)}`)

export const trials = (base: number, head: number): string => (base === head ? `${base}` : `${base}+${head}`)

/** Names that all lines share say nothing in each of them. */
export function lineNames(lines: readonly Change['line'][], without: readonly string[]): string[] {
  const names = [...new Set(lines.flatMap((line) => Object.keys(line)))].filter((name) => !without.includes(name))
  const varying = names.filter((name) => new Set(lines.map((line) => line[name])).size > 1 || name === 'variant')
  return lines.map((line) =>
    varying
      .filter((name) => line[name] !== undefined)
      .map((name) => (name === 'variant' ? `${line[name]}` : `${name}=${line[name]}`))
      .join(' '),
  )
}

/** `2 better, 1 worse, 31 not resolved` */
export function summaryText({ changes, skipped, missing }: Comparison): string {
  const WORDS = { better: 'better', worse: 'worse', changed: 'changed', equal: 'equal', unresolved: 'not resolved' }
  const counts = Object.entries(WORDS).map(([verdict, word]) => {
    const count = changes.filter((change) => change.verdict === verdict).length
    return count === 0 ? '' : `${count} ${word}`
  })
  const lost = (['gone', 'new'] as const).flatMap((is) => {
    const count = missing.filter((one) => one.is === is).length
    return count === 0 ? [] : [`${count} ${is}`]
  })
  const left = skipped.length === 0 ? '' : `${skipped.length} ${skipped.length === 1 ? 'run' : 'runs'} not compared`
  return [...counts, ...lost, left].filter((part) => part !== '').join(', ')
}
