import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import type { HistogramSummary } from '../bench/result.ts'

/** Points for each factor of ten of the tail. */
const POINTS = 10

/** A histogram by percentile, as 1 / (1 - p), so that the tail has as much room as the rest; as far as there are samples. */
export function percentileCurve({ hdr, count, max }: HistogramSummary): (readonly [tail: number, ns: number])[] {
  const histogram = decodeFromCompressedBase64(hdr)
  const steps = Math.floor(Math.log10(Math.max(1, count)) * POINTS)
  return Array.from({ length: steps + 1 }, (_, step) => {
    const x = 10 ** (step / POINTS)
    return [x, Math.max(1, Math.min(max, histogram.getValueAtPercentile(100 * (1 - 1 / x))))] as const
  })
}

/** `p99.9` of 1,000. */
export const percentileName = (tail: number): string => `p${Number((100 * (1 - 1 / tail)).toPrecision(6))}`
