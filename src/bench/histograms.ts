import { deflateSync } from 'node:zlib'
import { Int32Histogram } from 'hdr-histogram-js'
import { BUCKETS, bucketOf, HIGHEST_NS, type HistogramRecord, withinRange } from '../shared-memory/records.ts'
import { DIGITS, decodeV2, V2_COMPRESSED_COOKIE, V2_COOKIE } from './hdr.ts'
import { samplesNeeded } from './percentiles.ts'
import type { HistogramSummary } from './result.ts'

export type SentHistogram = Omit<HistogramRecord, 'buckets'> & {
  /** The bucket of the first count. */
  readonly first: number
  readonly counts: Float64Array
}

/** A histogram of ns, with the exact figures that its buckets lose. */
export class Histogram {
  /** Only as long as needed: most of the range is empty in most histograms, and there are many of them. */
  #counts = new Float64Array(1)
  count = 0
  #total = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0
  /** Kept until a value is added: a summary reads many percentiles. */
  #reader: Int32Histogram | undefined

  add(part: HistogramRecord): void {
    if (part.count === 0) return
    const last = bucketOf(withinRange(part.max))
    this.#reach(last)
    for (let bucket = bucketOf(withinRange(part.min)); bucket <= last; bucket += 1) {
      this.#counts[bucket]! += part.buckets[bucket]!
    }
    this.#merge(part.count, part.total, part.min, part.max)
  }

  addAll(other: Histogram): void {
    if (other.count === 0) return
    const last = bucketOf(withinRange(other.max))
    this.#reach(last)
    for (let bucket = bucketOf(withinRange(other.min)); bucket <= last; bucket += 1) {
      this.#counts[bucket]! += other.#counts[bucket]!
    }
    this.#merge(other.count, other.#total, other.#min, other.#max)
  }

  /** Another histogram as the result file has it. */
  addSummary({ hdr, count, mean, min, max }: HistogramSummary): void {
    if (count === 0) return
    const { buckets, counts } = decodeV2(hdr)
    this.#reach(Math.max(bucketOf(withinRange(max)), ...buckets))
    for (const [index, bucket] of buckets.entries()) this.#counts[bucket]! += counts[index]!
    this.#merge(count, mean * count, min, max)
  }

  /** As one thread hands it to another: the buckets between the least and the largest. */
  sent(): SentHistogram {
    const { count, min, max } = this
    const first = bucketOf(withinRange(min))
    return {
      first,
      counts: this.#counts.slice(first, bucketOf(withinRange(max)) + 1),
      count,
      total: this.#total,
      min,
      max,
    }
  }

  static received({ first, counts, count, total, min, max }: SentHistogram): Histogram {
    const histogram = new Histogram()
    histogram.#reach(first + counts.length - 1)
    histogram.#counts.set(counts, first)
    histogram.#merge(count, total, min, max)
    return histogram
  }

  /** The summary as it is written to the result file. */
  summary(compression?: number): HistogramSummary {
    const [p50, p90, p99, p999] = this.percentiles(50, 90, 99, 99.9) as [number, number, number, number]
    const { count, min, mean, max } = this
    const ifEnough = (value: number, percentile: number) => (count < samplesNeeded(percentile) ? null : value)
    const tails = { p99: ifEnough(p99, 99), p999: ifEnough(p999, 99.9) }
    return { unit: 'ns', count, min, mean, p50, p90, ...tails, max, hdr: this.encode(compression) }
  }

  #reach(bucket: number): void {
    if (bucket < this.#counts.length) return
    const counts = new Float64Array(Math.min(BUCKETS, Math.max(bucket + 1, 2 * this.#counts.length)))
    counts.set(this.#counts)
    this.#counts = counts
  }

  #merge(count: number, total: number, min: number, max: number): void {
    this.#reader = undefined
    this.count += count
    this.#total += total
    this.#min = Math.min(this.#min, min)
    this.#max = Math.max(this.#max, max)
  }

  get min(): number {
    return this.count === 0 ? 0 : this.#min
  }

  get max(): number {
    return this.#max
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.#total / this.count
  }

  /** Values at these percentiles (0 to 100), by hdr-histogram-js; never above the exact maximum. */
  percentiles(...percents: readonly number[]): number[] {
    this.#reader ??= this.#newReader()
    const reader = this.#reader
    return percents.map((percent) => Math.min(reader.getValueAtPercentile(percent), Math.ceil(this.#max)))
  }

  /** HdrHistogram V2, compressed, base64. */
  encode(level = COMPRESSED): string {
    return encodeV2(this.#counts, bucketOf(withinRange(this.#max)), level)
  }

  /** The package reads percentiles from any array of counts that it is given. */
  #newReader(): Int32Histogram {
    // The buckets up to a value do not depend on what lies beyond it.
    const reader = new Int32Histogram(1, Math.min(HIGHEST_NS, Math.max(LOWEST_RANGE_NS, 2 * this.#max)), 3)
    const counts = new Uint32Array(reader._counts.length)
    counts.set(this.#counts.subarray(0, counts.length))
    reader._counts = counts
    reader.establishInternalTackingValues()
    return reader
  }
}

const LOWEST_RANGE_NS = 4096
const COMPRESSED = 6
/** For bytes that are the same everywhere: how zlib compresses depends on its version and the processor. */
export const STORED = 0
/** The range that a file declares, unless a value exceeds it: the buckets up to there are the same. */
const USUAL_HIGHEST_NS = 60e9

/**
 * The wire format that the Java, C, Go and Python implementations read. The package's own encoder writes a normalising
 * offset and a conversion ratio that no other implementation understands.
 */
function encodeV2(counts: Float64Array, last: number, level: number): string {
  const payload: number[] = []
  for (let index = 0; index <= last; ) {
    let zeros = 0
    while (index + zeros <= last && counts[index + zeros] === 0) zeros += 1
    // A single zero is written as itself, as the Java implementation does, so that decoding and encoding gives the same bytes.
    if (zeros > 1) {
      putZigZag(payload, -BigInt(zeros))
      index += zeros
    } else {
      putZigZag(payload, BigInt(counts[index]!))
      index += 1
    }
  }
  const header = Buffer.alloc(40)
  header.writeInt32BE(V2_COOKIE, 0)
  header.writeInt32BE(payload.length, 4)
  header.writeInt32BE(0, 8)
  header.writeInt32BE(DIGITS, 12)
  header.writeBigInt64BE(1n, 16)
  const isUsual = last <= bucketOf(USUAL_HIGHEST_NS)
  header.writeBigInt64BE(BigInt(isUsual ? USUAL_HIGHEST_NS : HIGHEST_NS), 24)
  header.writeDoubleBE(1, 32)
  const compressed = deflateSync(Buffer.concat([header, Buffer.from(payload)]), { level })
  const outer = Buffer.alloc(8)
  outer.writeInt32BE(V2_COMPRESSED_COOKIE, 0)
  outer.writeInt32BE(compressed.length, 4)
  return Buffer.concat([outer, compressed]).toString('base64')
}

/** ZigZag LEB128 of 64 bits in at most 9 bytes: the ninth carries 8 bits. A negative number -n means n zero counts. */
function putZigZag(bytes: number[], value: bigint): void {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (let byte = 0; byte < 8; byte += 1) {
    if (rest < 0x80n) {
      bytes.push(Number(rest))
      return
    }
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
}
