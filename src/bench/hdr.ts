import { inflateSync } from 'node:zlib'
import { Int32Histogram } from 'hdr-histogram-js'
import { BUCKETS, bucketOf, HIGHEST_NS } from '../shared-memory/records.ts'

export const V2_COOKIE = 0x1c849313
export const V2_COMPRESSED_COOKIE = 0x1c849314
export const DIGITS = 3
const HEADER = 40
/** A bucket takes at most 9 bytes, so a longer text is not one of our histograms. */
const LONGEST = HEADER + BUCKETS * 9
const MOST = 0x7fff_ffff

/** The content of a histogram: the non-empty buckets in their order, and the highest value that it can record. */
export type Decoded = {
  readonly buckets: readonly number[]
  readonly counts: readonly number[]
  readonly total: number
  readonly highest: number
}

/**
 * Decodes HdrHistogram V2 (compressed, base64) from an untrusted file: it never inflates, allocates or iterates more
 * than a histogram can have. Throws a description of what is wrong.
 */
export function decodeV2(text: string): Decoded {
  // Deflate adds at most a few bytes to incompressible data, and base64 adds a third.
  if (text.length > LONGEST * 2) throw new Error('it is longer than a histogram can be')
  const outer = Buffer.from(text, 'base64')
  if (outer.toString('base64') !== text) throw new Error('it is not base64')
  if (outer.length < 8 || outer.readInt32BE(0) !== V2_COMPRESSED_COOKIE)
    throw new Error('it is not HdrHistogram V2, compressed')
  if (outer.readInt32BE(4) !== outer.length - 8) throw new Error('its length is not the one that it states')
  const inner = inflate(outer.subarray(8))
  if (inner.length < HEADER || inner.readInt32BE(0) !== V2_COOKIE) throw new Error('it is not HdrHistogram V2')
  if (inner.readInt32BE(4) !== inner.length - HEADER) throw new Error('its payload is not as long as it states')
  const stated = [inner.readInt32BE(8), inner.readInt32BE(12), Number(inner.readBigInt64BE(16)), inner.readDoubleBE(32)]
  if (stated.join() !== `0,${DIGITS},1,1`)
    throw new Error('its offset, digits, lowest value and ratio are not 0, 3, 1 and 1')
  const highest = Number(inner.readBigInt64BE(24))
  if (!(highest >= 2 && highest <= HIGHEST_NS)) throw new Error(`its highest value is not from 2 to ${HIGHEST_NS}`)
  return { ...countsOf(inner, bucketOf(highest)), highest }
}

function inflate(compressed: Buffer): Buffer {
  try {
    return inflateSync(compressed, { maxOutputLength: LONGEST })
  } catch (cause) {
    const isLong = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new Error(isLong ? 'it is longer than a histogram can be' : 'it cannot be inflated', { cause })
  }
}

/** ZigZag LEB128 of 64 bits in at most 9 bytes: a count, or as a negative number how many empty buckets follow. */
function countsOf(inner: Buffer, last: number): Omit<Decoded, 'highest'> {
  const buckets: number[] = []
  const counts: number[] = []
  let total = 0
  let bucket = 0
  for (let at = HEADER; at < inner.length; ) {
    const first = at
    let encoded = 0
    let byte: number
    do {
      if (at === inner.length) throw new Error('its last count is cut off')
      byte = inner[at]!
      const isNinth = at - first === 8
      encoded += (isNinth ? byte : byte & 0x7f) * 2 ** (7 * (at - first))
      at += 1
    } while (byte >= 0x80 && at - first < 9)
    const isNegative = encoded % 2 === 1
    const value = isNegative ? (encoded + 1) / 2 : encoded / 2
    if (value > MOST) throw new Error('one of its counts is beyond 2^31')
    if (!isNegative && value > 0) {
      buckets.push(bucket)
      counts.push(value)
      total += value
    }
    bucket += isNegative ? value : 1
    if (bucket > last + 1) throw new Error('it has more buckets than its range')
  }
  return { buckets, counts, total }
}

/** The range of values of a bucket. */
export function edgesOf(bucket: number): readonly [low: number, high: number] {
  if (bucket < 2048) return [bucket, bucket]
  const shift = (bucket >>> 10) - 1
  const low = ((bucket & 1023) + 1024) * 2 ** shift
  return [low, low + 2 ** shift - 1]
}

/** Values at these percentiles (0 to 100), in their order: as hdr-histogram-js reads them, but computed from the non-empty buckets only. */
export function valuesAt({ buckets, counts, total }: Decoded, percents: readonly number[]): number[] {
  let [next, seen] = [0, 0]
  return percents.map((percent) => {
    const share = (percent / 100) * total
    const wanted = Math.max(1, Math.ceil(share - share * Number.EPSILON))
    while (next < buckets.length && seen < wanted) seen += counts[next++]!
    return next === 0 ? 0 : edgesOf(buckets[next - 1]!)[1]
  })
}

/** For what hdr-histogram-js does with a histogram. */
export function histogramOf({ buckets, counts, highest }: Decoded): Int32Histogram {
  const histogram = new Int32Histogram(1, highest, DIGITS)
  for (const [index, bucket] of buckets.entries()) histogram.setCountAtIndex(bucket, counts[index]!)
  histogram.establishInternalTackingValues()
  return histogram
}
