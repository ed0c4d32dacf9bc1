import { METRICS } from '../metrics.ts'
import type { Deviation } from './exact.ts'

/** A figure that changed, with the direction and the size of it. */
export type Ranked = Deviation & {
  /** Relative to the value before; null where there is no ratio: it was 0, or is not a number. */
  readonly change: number | null
  readonly verdict: 'worse' | 'better' | 'changed'
  /** The change of each seed, for a figure with several seeds. */
  readonly seeds: readonly number[]
  /** Other figures of the same run that changed as it did: they say it once more. */
  readonly also: readonly string[]
}

export type Ranking = {
  /** The worst first. */
  readonly figures: readonly Ranked[]
  /** Figures that changed by less than the threshold. */
  readonly ignored: number
}

const ORDER = { worse: 0, better: 1, changed: 2 } as const

/** Puts the worst first: by direction, then by size. Proportional figures of a run are listed once. */
export function rank(deviations: readonly Deviation[], ignoreBelow: number): Ranking {
  const judged = deviations.map((deviation) => ({ ...deviation, ...judge(deviation), seeds: [], also: [] }))
  const whole = overSeeds(judged)
  const kept = whole.filter(({ change }) => change === null || Math.abs(change) >= ignoreBelow)
  return { figures: once(kept.sort(byWeight)), ignored: whole.length - kept.length }
}

const SEED = /, seed \d+$/

/** Merges the figures of all seeds into their median; a figure of one seed is listed alone only if the median did not change. */
function overSeeds(figures: readonly Ranked[]): Ranked[] {
  const keyOf = ({ run, figure }: Deviation) => `${run}\n${figure.replace(SEED, '')}`
  const medians = new Map(figures.filter(({ figure }) => !SEED.test(figure)).map((one) => [keyOf(one), one]))
  const seeds = new Map<string, number[]>()
  const alone: Ranked[] = []
  for (const figure of figures.filter((one) => SEED.test(one.figure))) {
    const key = keyOf(figure)
    if (!medians.has(key)) alone.push(figure)
    else if (figure.change !== null) seeds.set(key, [...(seeds.get(key) ?? []), figure.change])
  }
  return [...[...medians].map(([key, one]) => withSeeds(one, seeds.get(key) ?? [])), ...alone]
}

/** If the seeds disagree, no direction is claimed, because it depends on the choice of seeds. */
function withSeeds(figure: Ranked, seeds: readonly number[]): Ranked {
  const isBothWays = seeds.some((change) => change > 0) && seeds.some((change) => change < 0)
  return { ...figure, seeds, verdict: isBothWays ? 'changed' : figure.verdict }
}

/** Runs that came or went, and errors, weigh more than any figure. */
/** Changes of equal size are in the order in which metrics are listed; others follow by name. */
function byWeight(a: Ranked, b: Ranked): number {
  return (
    ORDER[a.verdict] - ORDER[b.verdict] ||
    size(b) - size(a) ||
    byName(a.run, b.run) ||
    rankOf(a.figure) - rankOf(b.figure) ||
    byName(a.figure, b.figure)
  )
}

const byName = (a: string, b: string) => (a < b ? -1 : Number(a > b))

const NAMES = Object.keys(METRICS)
const rankOf = (figure: string) => {
  const rank = NAMES.indexOf(figure.replace(SEED, ''))
  return rank < 0 ? NAMES.length : rank
}

const size = ({ change }: Ranked) => (change === null ? Number.MAX_VALUE : Math.abs(change))

function judge({ figure, was, is }: Deviation): Pick<Ranked, 'change' | 'verdict'> {
  const better = directionOf(figure)
  const isLost = (figure === 'error' && is !== 'none') || (figure === 'the run' && is === null)
  if (isLost || figure.endsWith('(forbidden)') || (is === null && better !== null)) {
    return { change: null, verdict: 'worse' }
  }
  // A figure that the baseline lacks, or a percentile with too few samples on one side, has no direction.
  const isNew = was === null && better !== null
  if (isNew || typeof was === 'string' || typeof is === 'string') return { change: null, verdict: 'changed' }
  // A counter without occurrences is missing from the file.
  const [before, after] = [was ?? 0, is ?? 0] as [number, number]
  const change = before === 0 ? null : (after - before) / Math.abs(before)
  if (better === null) return { change, verdict: 'changed' }
  return { change, verdict: after > before === (better === 'higher') ? 'better' : 'worse' }
}

function directionOf(figure: string): 'higher' | 'lower' | null {
  const name = figure.replace(SEED, '')
  return Object.entries(METRICS).find(([metric]) => metric === name)?.[1].better ?? null
}

/** Equal values, or an equal part of another value: one change, seen from several sides. */
function once(figures: readonly Ranked[]): Ranked[] {
  const found = new Map<string, Ranked>()
  for (const figure of figures) {
    const key = JSON.stringify([figure.run, figure.change?.toPrecision(9) ?? [figure.was, figure.is]])
    const first = found.get(key)
    found.set(key, first === undefined ? figure : { ...first, also: [...first.also, figure.figure] })
  }
  return [...found.values()]
}
