import { quantileSorted } from 'simple-statistics'
import { twoSidedTail } from '../significance/normal.ts'
import { midRanks } from '../significance/ranks.ts'

/** So rarely would a sample without a trend be said to have one. */
const TREND_ALPHA = 0.001
/** Fewer values than this say nothing about a trend or about outliers. */
const FEWEST = 8

/** Doubts about a sample, in the order in which it was measured. Nothing is left out of it because of them. */
export function notesOf(values: readonly number[]): string[] {
  if (values.length < FEWEST) return []
  const outliers = farOut(values)
  const p = trend(values)
  return [
    ...(outliers === 0 ? [] : [`${outliers} of ${values.length} far out`]),
    ...(p < TREND_ALPHA ? [`drifted while it was measured (Mann-Kendall p=${p.toFixed(4)})`] : []),
  ]
}

/** Values more than three interquartile ranges outside of the quartiles: Tukey's outer fences. */
function farOut(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [quantileSorted(sorted, 0.25), quantileSorted(sorted, 0.75)]
  const fence = 3 * (high - low)
  return values.filter((value) => value < low - fence || value > high + fence).length
}

/** Two-sided p of Mann and Kendall's test for a trend: normal approximation with correction for ties and continuity. */
function trend(values: readonly number[]): number {
  let score = 0
  for (const [later, value] of values.entries()) {
    for (let earlier = 0; earlier < later; earlier += 1) score += Math.sign(value - values[earlier]!)
  }
  const n = values.length
  const tied = midRanks(values).ties.reduce((sum, size) => sum + size * (size - 1) * (2 * size + 5), 0)
  const variance = (n * (n - 1) * (2 * n + 5) - tied) / 18
  return variance === 0 ? 1 : twoSidedTail(Math.max(0, Math.abs(score) - 1) / Math.sqrt(variance))
}
