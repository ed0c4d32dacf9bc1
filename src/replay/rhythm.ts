import type { InvalidationLog } from './invalidation-log.ts'

/** Invalidations that come in bursts, at a period. */
export type Rhythm = {
  readonly bursts: number
  readonly periodNs: number
  /** From the shortest to the longest distance between two bursts, as shares of the period. */
  readonly spread: readonly [number, number]
  readonly perBurst: number
  readonly medianPages: number
}

/** Fewer bursts show no rhythm. */
const MIN_BURSTS = 4
/** A rest this many times as long as the usual one ends a burst. */
const REST = 8
/** Distances of a rhythm differ from the median by no more than this share of it. */
const REGULAR = 0.35

/** The rhythm in which the invalidations of some tasks come; undefined if they have none. */
export function rhythmOf(log: InvalidationLog, pids: ReadonlySet<number>): Rhythm | undefined {
  const times: number[] = []
  const pages: number[] = []
  for (let index = 0; index < log.length; index += 1) {
    if (!pids.has(log.pids.at(index))) continue
    times.push(log.atNs.at(index))
    pages.push(log.pages.at(index))
  }
  if (times.length < MIN_BURSTS) return undefined
  const starts = burstsOf(times)
  const distances = starts.slice(1).map((start, index) => start - starts[index]!)
  if (starts.length < MIN_BURSTS) return undefined
  const periodNs = medianOf(distances)
  const spread = [Math.min(...distances) / periodNs, Math.max(...distances) / periodNs] as const
  if (periodNs === 0 || spread[0] < 1 - REGULAR || spread[1] > 1 + REGULAR) return undefined
  return {
    bursts: starts.length,
    periodNs,
    spread,
    perBurst: times.length / starts.length,
    medianPages: medianOf(pages),
  }
}

/** When bursts begin: each time after a rest. Times without rests are bursts of one. */
function burstsOf(times: readonly number[]): readonly number[] {
  const gaps = times.slice(1).map((time, index) => time - times[index]!)
  const usual = medianOf(gaps)
  const longest = gaps.reduce((most, gap) => Math.max(most, gap), 0)
  if (longest <= usual * REST) return times
  return times.filter((time, index) => index === 0 || time - times[index - 1]! > usual * REST)
}

function medianOf(numbers: readonly number[]): number {
  const sorted = Float64Array.from(numbers).sort()
  return sorted.length === 0 ? 0 : sorted[Math.ceil(sorted.length / 2) - 1]!
}
