import { guardOf } from './comparing/guard.ts'
import { pairsOf, type Values } from './comparing/samples.ts'
import { intervalOf, probabilityOf } from './comparing/verdict.ts'
import type { Run } from './result.ts'
import { pairedRatio, type Ratio } from './statistics.ts'

/** How surely one figure, looked at alone, differs. `compare` corrects for how many are looked at. */
const ALPHA = 0.05

/** The comparison of a metric between two interleaved runs. */
export type Comparison = Omit<Ratio, 'ratios'> & {
  /** The rank test and the interval both exclude chance, and the ratio exceeds the A/A noise of the baseline. */
  readonly exceedsNoise: boolean
}

/** Pairs the trials of one round with each other. */
export function compareRuns(baseline: Run, candidate: Run, metric: string): Comparison | undefined {
  if (baseline.kind === 'modelled') return compareModelled(baseline, candidate, metric)
  const pairs = pairsOf(baseline, candidate, metric)
  const [base, head] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)]
  const plain = pairedRatio(base, head)
  if (plain === undefined) return undefined
  const ratio = ofStarts(plain, { base, head, pairs })
  const noise = baseline.noise?.[metric]
  const guard = guardOf({ base, head, pairs }, noise === undefined ? [] : [noise])
  const isInsideNoise = ratio.ratio > 0 && Math.abs(Math.log(ratio.ratio)) <= guard
  // The bootstrap alone would claim a change in 7 of 100 comparisons of the same thing with itself.
  const isChance = probabilityOf({ base, head, pairs }, ALPHA) >= ALPHA
  return { ...ratio, exceedsNoise: ratio.isResolved && !isInsideNoise && !isChance }
}

/** The same with the interval of pairs that share starts of their workers; figures with 0 have the plain one. */
function ofStarts(plain: Ratio, samples: Values): Ratio {
  const isShared = samples.pairs.some(([, , start]) => start !== undefined)
  if (!isShared || samples.pairs.some(([one, other]) => !(one > 0 && other > 0))) return plain
  const ci95 = intervalOf(samples)
  return { ...plain, ci95, isResolved: plain.pairs >= 5 && (ci95[0] > 1 || ci95[1] < 1) }
}

/**
 * Modelled figures differ if they are not equal. The interval is that of the draws: whether another machine like this one
 * would say the same, as far as its parameters are known.
 */
function compareModelled(baseline: Run, candidate: Run, metric: string): Comparison | undefined {
  const before = baseline.metrics[metric]?.median
  const after = candidate.metrics[metric]?.median
  if (before === undefined || after === undefined || before === 0) return undefined
  const ratio = after / before
  const ratios = [ratio, ...ratiosOfDraws(baseline, candidate, metric)].sort((a, b) => a - b)
  const ci95 = [ratios[0]!, ratios.at(-1)!] as const
  const isResolved = ratio !== 1 && (ci95[0] > 1 || ci95[1] < 1)
  return { ratio, ci95, pairs: ratios.length, isResolved, exceedsNoise: isResolved }
}

function ratiosOfDraws(baseline: Run, candidate: Run, metric: string): number[] {
  const others = candidate.model?.draws ?? []
  return (baseline.model?.draws ?? []).flatMap((draw, index) => {
    const ratio = (others[index]?.[metric] ?? Number.NaN) / (draw[metric] ?? Number.NaN)
    return Number.isFinite(ratio) ? [ratio] : []
  })
}
