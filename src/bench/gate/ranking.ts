import { METRICS } from '../metrics.ts'
import type { Deviation } from './exact.ts'

/** A figure that changed, with the direction and the size of it. */
export type Ranked = Deviation & {
  /** As a part of what it was; null where there is no such part: it was 0, or is no number. */
  readonly change: number | null
  readonly verdict: 'worse' | 'better' | 'changed'
  /** Other figures of the same run that changed as it did: they say it once more. */
  readonly also: readonly string[]
}

export type Ranking = {
  /** The worst first. */
  readonly figures: readonly Ranked[]
  /** Figures that changed by less than what was asked for. */
  readonly ignored: number
}

const ORDER = { worse: 0, better: 1, changed: 2 } as const

/** Puts the worst first: by direction, then by size. What says the same of the same run stands there once. */
export function rank(deviations: readonly Deviation[], ignoreBelow: number): Ranking {
  const judged = deviations.map((deviation) => ({ ...deviation, ...judge(deviation), also: [] }))
  const kept = judged.filter(({ change }) => change === null || Math.abs(change) >= ignoreBelow)
  return { figures: once(kept.sort(byWeight)), ignored: judged.length - kept.length }
}

/** Runs that came or went, and errors, weigh more than any figure. */
function byWeight(a: Ranked, b: Ranked): number {
  return ORDER[a.verdict] - ORDER[b.verdict] || size(b) - size(a) || Number(isOfSeed(a)) - Number(isOfSeed(b))
}

const size = ({ change }: Ranked) => (change === null ? Number.MAX_VALUE : Math.abs(change))

const isOfSeed = ({ figure }: Deviation) => /, seed \d+$/.test(figure)

function judge({ figure, was, is }: Deviation): Pick<Ranked, 'change' | 'verdict'> {
  if (typeof was !== 'number' || typeof is !== 'number') return { change: null, verdict: 'worse' }
  const change = was === 0 ? null : (is - was) / Math.abs(was)
  const better = directionOf(figure)
  if (better === null) return { change, verdict: 'changed' }
  return { change, verdict: is > was === (better === 'higher') ? 'better' : 'worse' }
}

function directionOf(figure: string): 'higher' | 'lower' | null {
  const name = figure.replace(/, seed \d+$/, '')
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
