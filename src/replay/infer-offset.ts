import type { Sample } from './evidence.ts'
import { type InvalidationLog, isEverything } from './invalidation-log.ts'

/** A distance hva - gfn, in pages, and what speaks for it. */
export type Offset = {
  readonly pages: number
  /** Samples that an invalidation explains if this is the distance. */
  readonly support: number
  /** Other distances that explain as many. */
  readonly rivals: number
}

/**
 * The distance that explains the most samples. An invalidation of [start, end) explains that a gfn was mapped again if the
 * gfn's hva lies in it: each sample votes for the distances in [start - gfn, end - gfn), once for any number of
 * invalidations. Among those with the most votes the best aligned is taken: VMMs align guest memory for huge pages.
 */
export function bestOffset(samples: readonly Sample[], log: InvalidationLog): Offset | undefined {
  const { starts, ends } = votes(samples, log)
  let support = 0
  let width = 0
  let best = 0
  sweep(starts, ends, (from, to, count) => {
    if (count < support) return
    const candidate = mostAligned(from, to)
    const isBetter = count > support || alignment(candidate) > alignment(best)
    width = count > support ? to - from : width + to - from
    support = count
    if (isBetter) best = candidate
  })
  return support === 0 ? undefined : { pages: best, support, rivals: width - 1 }
}

/** Whether an invalidation explains the sample, given the distance. */
export function explains(offset: number, { gfn, pages, firstCause, endCause }: Sample, log: InvalidationLog): boolean {
  for (let cause = firstCause; cause < endCause; cause += 1) {
    if (isEverything(log.pages.at(cause))) continue
    if (gfn + offset < log.end(cause) && gfn + pages + offset > log.start(cause)) return true
  }
  return false
}

/** The starts and the ends of the intervals of distances that samples vote for, each in order. */
function votes(samples: readonly Sample[], log: InvalidationLog): { starts: Float64Array; ends: Float64Array } {
  const limit = samples.reduce((sum, { firstCause, endCause }) => sum + endCause - firstCause, 0)
  const starts = new Float64Array(limit)
  const ends = new Float64Array(limit)
  let count = 0
  for (const sample of samples) {
    for (const { from, to } of intervalsOf(sample, log)) {
      starts[count] = from
      ends[count] = to
      count += 1
    }
  }
  return { starts: starts.subarray(0, count).sort(), ends: ends.subarray(0, count).sort() }
}

type Interval = { readonly from: number; to: number }

/** The distances that a sample votes for, merged where they overlap. */
function intervalsOf({ gfn, pages, firstCause, endCause }: Sample, log: InvalidationLog): readonly Interval[] {
  const all: Interval[] = []
  for (let cause = firstCause; cause < endCause; cause += 1) {
    if (isEverything(log.pages.at(cause))) continue
    all.push({ from: log.start(cause) - gfn - pages + 1, to: log.end(cause) - gfn })
  }
  all.sort((a, b) => a.from - b.from)
  const merged: Interval[] = []
  for (const interval of all) {
    const last = merged.at(-1)
    if (last !== undefined && interval.from <= last.to) last.to = Math.max(last.to, interval.to)
    else merged.push(interval)
  }
  return merged
}

/** Visits the stretches between one begin or end and the next, with the number of intervals that cover them. */
function sweep(
  starts: Float64Array,
  ends: Float64Array,
  visit: (from: number, to: number, count: number) => void,
): void {
  let begun = 0
  let ended = 0
  while (ended < ends.length) {
    const at = begun < starts.length ? Math.min(starts[begun]!, ends[ended]!) : ends[ended]!
    while (begun < starts.length && starts[begun] === at) begun += 1
    while (ended < ends.length && ends[ended] === at) ended += 1
    if (begun === ended) continue
    const next = begun < starts.length ? Math.min(starts[begun]!, ends[ended]!) : ends[ended]!
    visit(at, next, begun - ended)
  }
}

const MAX_ALIGNMENT = 40

/** The number in [from, to) that is divisible by the highest power of two. */
function mostAligned(from: number, to: number): number {
  for (let bits = MAX_ALIGNMENT; bits > 0; bits -= 1) {
    const aligned = Math.ceil(from / 2 ** bits) * 2 ** bits
    if (aligned < to) return aligned
  }
  return from
}

function alignment(value: number): number {
  let bits = 0
  while (bits < MAX_ALIGNMENT && value % 2 ** (bits + 1) === 0) bits += 1
  return bits
}
