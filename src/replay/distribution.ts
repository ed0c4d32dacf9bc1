/** Numbers with an index, such as a Column or an array. */
type Numbers = { readonly length: number; at(index: number): number }

/** Percentiles are values that occur: the smallest value with at least that share at or below it. */
export type Distribution = {
  readonly count: number
  readonly total: number
  readonly min: number
  readonly median: number
  /** Mean without the lowest and the highest twentieth: finer than the median where the clock is coarse, yet deaf to outliers. */
  readonly trimmedMean: number
  readonly p99: number
  readonly max: number
}

/** The distribution of all the numbers together; undefined if there is none. */
export function distributionOf(parts: readonly Numbers[]): Distribution | undefined {
  const sorted = gathered(parts).sort()
  const count = sorted.length
  if (count === 0) return undefined
  const percentile = (share: number) => sorted[Math.ceil(share * count) - 1]!
  return {
    count,
    total: sorted.reduce((sum, value) => sum + value, 0),
    min: sorted[0]!,
    median: percentile(0.5),
    trimmedMean: mean(sorted.subarray(Math.floor(count / 20), count - Math.floor(count / 20))),
    p99: percentile(0.99),
    max: sorted[count - 1]!,
  }
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

function gathered(parts: readonly Numbers[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let next = 0
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 1) {
      all[next] = part.at(index)
      next += 1
    }
  }
  return all
}

/** How many of the numbers are in [from, 2 * from). */
export type Bucket = { readonly from: number; readonly count: number }

/** By powers of two, empty ones left out. */
export function bucketsOf(numbers: Numbers): readonly Bucket[] {
  const counts = new Map<number, number>()
  for (let index = 0; index < numbers.length; index += 1) {
    const from = 2 ** Math.floor(Math.log2(numbers.at(index)))
    counts.set(from, (counts.get(from) ?? 0) + 1)
  }
  return [...counts].map(([from, count]) => ({ from, count })).toSorted((a, b) => a.from - b.from)
}
