import type { Known, RecordedTimes } from './recorded-times.ts'

/** The number of quantiles that represent a distribution: a long recording has the same weight as a short one. */
const QUANTILES = 4000

/**
 * The combined times of several recordings of the same kind of host: medians of distributions and of single numbers. Null if no recording contains it.
 */
export function pooledTimes(all: readonly RecordedTimes[]): RecordedTimes {
  return {
    toSpte: median(all.map(({ toSpte }) => toSpte)),
    toRelease: median(all.map(({ toRelease }) => toRelease)),
    neighboursNs: middle(all.map(({ neighboursNs }) => neighboursNs)),
    toSpteNs: pooled(all.map(({ toSpteNs }) => toSpteNs)),
    toReleaseNs: pooled(all.map(({ toReleaseNs }) => toReleaseNs)),
    firstReleaseNs: pooled(all.map(({ firstReleaseNs }) => firstReleaseNs)),
    flush: median(all.map(({ flush }) => flush)),
    zap: median(all.map(({ zap }) => zap)),
    cycle: median(all.map(({ cycle }) => cycle)),
  }
}

function median(known: readonly (Known | null)[]): Known | null {
  const told = known.filter((each) => each !== null)
  if (told.length === 0) return null
  return { ns: middle(told.map(({ ns }) => ns)), samples: told.reduce((sum, { samples }) => sum + samples, 0) }
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return sorted.length === 0 ? 0 : (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2
}

/** Quantile by quantile the median of the recordings: one that was disturbed a lot does not make the tail of all. */
function pooled(all: readonly Float64Array[]): Float64Array {
  const told = all.filter(({ length }) => length > 0).map((samples) => Float64Array.from(samples).sort())
  if (told.length === 0) return new Float64Array(0)
  return Float64Array.from({ length: QUANTILES }, (_, at) =>
    middle(told.map((sorted) => sorted[Math.floor(((at + 0.5) * sorted.length) / QUANTILES)]!)),
  )
}
