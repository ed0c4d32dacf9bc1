import { LONGEST_UNSURE_NS } from './contention.ts'
import { distributionOf } from './distribution.ts'
import type { Moments } from './moments.ts'
import type { FaultOrder, Order } from './order-columns.ts'
import { type Held, recordedHolds } from './recorded-holds.ts'

/** A duration on the recorded host, and the number of samples behind it. */
export type Known = { readonly ns: number; readonly samples: number }

/** The times that KVM spends, as far as a recording shows them; null where it does not. */
export type RecordedTimes = {
  /** From the end of a wait for mmu_lock to the SPTE; from the last SPTE to the end of the wait of the next; of a fault's SPTEs. */
  readonly toSpte: Known | null
  readonly toRelease: Known | null
  readonly neighboursNs: number
  /** The samples of both kinds, in no order: a few are many times as long as the others. */
  readonly toSpteNs: Float64Array
  readonly toReleaseNs: Float64Array
  /** The second way of faults that were the first in their block of 2 MiB since a zap of everything; empty where none is known. */
  readonly firstReleaseNs: Float64Array
  /** From the start of an invalidation that took a few pages to the end of a wait for its mmu_lock: with an IPI, and per page. */
  readonly flush: Known | null
  readonly zap: Known | null
  /** From a fault's SPTE to that of the same task's next fault, when nothing lies between. */
  readonly cycle: Known | null
}

/** Fewer samples than this are not conclusive. */
const FEW = 8
const FEW_WHOLE = 3
/** A step of ftrace's clock, and another one. */
const COARSE_NS = 2000
/** A wait that lies further back than this many times the usual way to the SPTE ended in a retry. */
const OUTLIER = 8
/** ftrace prints microseconds; where events are few, the shortest distance of two is longer than a step of the clock. */
const LONGEST_STEP_NS = 1000
/** An invalidation of at most this many pages is dominated by its flush; from the second number on, its zaps count. */
const NARROW = 8
const WIDE = 64

/** The long waits for a notifier were for one that sent IPIs; the others for one that had no CPU to interrupt. */
const LONG_PERCENTILE = 0.95
const LONG_SHARE = 0.6
/** The distance between two faults beyond the shortest is pause. Pauses differ, so a larger percentile would make all of them longer. */
const CYCLE_PERCENTILE = 0.02

/** The longest time from the end of a wait to the SPTE that belongs to it, in ns: a fault that retries sets none. */
export function latestSpteNs(order: FaultOrder): number {
  return latestOf([beginningOf(order, Number.POSITIVE_INFINITY)])
}

function latestOf(faults: readonly Told[]): number {
  const usual = distributionOf([numbers(toSptes(faults, Number.POSITIVE_INFINITY))])
  if (usual === undefined) return 0
  // No sooner than the shortest cycle can the SPTE be another fault's.
  const cycle = percentileOf(cycles(faults), CYCLE_PERCENTILE)?.ns ?? Number.POSITIVE_INFINITY
  return Math.max(2000, Math.min(usual.trimmedMean * OUTLIER, cycle * 0.9, LONGEST_UNSURE_NS))
}

/** `untilNs`: only what happened before is looked at, to predict the rest by. */
export function recordedTimes(
  moments: Moments,
  order: Order,
  mmuLock: number,
  clockStepNs: number,
  untilNs: number = Number.POSITIVE_INFINITY,
): RecordedTimes {
  const { takings } = order
  const faults = order.faults.map((each) => beginningOf(each, untilNs))
  const { beforeSpteNs, toReleaseNs, firstReleaseNs, invalidations } = recordedHolds(moments, takings, mmuLock, untilNs)
  const narrow = invalidations.filter(({ taken }) => taken <= NARROW)
  const wide = invalidations.filter(({ taken }) => taken >= WIDE)
  const latestNs = latestOf(faults)
  const interrupted = beforeSpteNs.filter((ns) => ns > latestNs)
  const count = faults.reduce((sum, { length }) => sum + length, 0)
  const toSpteNs = withInterrupted(toSptes(faults, latestNs), interrupted, count)
  const flush =
    longOnes(narrow.map(({ ns }) => ns)) ?? interruptOf([...interrupted, ...interruptedOf(toReleaseNs)], wide)
  return {
    toSpteNs: withoutSteps(toSpteNs, clockStepNs),
    toReleaseNs: withoutSteps(Float64Array.from(toReleaseNs), clockStepNs),
    firstReleaseNs: withoutSteps(Float64Array.from(firstReleaseNs), clockStepNs),
    toSpte: trimmed(toSpteNs),
    toRelease: trimmed(toReleaseNs),
    neighboursNs: meanNeighboursNs(faults),
    flush,
    zap: flush === null ? null : zapOf(wide, flush.ns),
    cycle: percentileOf(cycles(faults), CYCLE_PERCENTILE),
  }
}

/** The columns that times are taken from, as far as they are wanted. */
type Told = Pick<FaultOrder, 'atNs' | 'lastNs' | 'waitBeganNs' | 'waitEndedNs'> & { readonly length: number }

function beginningOf(order: FaultOrder, untilNs: number): Told {
  const { atNs, lastNs, waitBeganNs, waitEndedNs } = order
  let length = 0
  while (length < atNs.length && atNs.at(length) < untilNs) length += 1
  return { atNs, lastNs, waitBeganNs, waitEndedNs, length }
}

function toSptes(faults: readonly Told[], latestNs: number): Float64Array {
  return gathered(faults, ({ atNs, waitEndedNs, length }) => {
    const samples: number[] = []
    for (let index = 0; index < length; index += 1) {
      const ended = waitEndedNs.at(index)
      if (ended >= 0 && atNs.at(index) - ended <= latestNs) samples.push(atNs.at(index) - ended)
    }
    return samples
  })
}

/**
 * The way to the SPTE is known of faults that had waited; of the others those show that were interrupted on it, as another task then
 * waits. They are added as often as they are among all faults.
 */
function withInterrupted(samples: Float64Array, interrupted: readonly number[], faults: number): Float64Array {
  if (interrupted.length < FEW || interrupted.length >= faults) return samples
  const sorted = Float64Array.from(interrupted).sort()
  const added = Math.round((samples.length * sorted.length) / (faults - sorted.length))
  const spread = Array.from({ length: added }, (_, at) => sorted[Math.floor(((at + 0.5) * sorted.length) / added)]!)
  return Float64Array.from([...samples, ...spread])
}

/**
 * The difference of two times that were rounded to the clock's steps has a larger variance than the true one, by a sixth
 * of a step's square, and the waits caused by holds depend on the square: Sheppard's correction, for two ends.
 */
function withoutSteps(samples: Float64Array, stepNs: number): Float64Array {
  if (samples.length < FEW) return samples
  const mean = samples.reduce((sum, ns) => sum + ns, 0) / samples.length
  const variance = samples.reduce((sum, ns) => sum + (ns - mean) ** 2, 0) / samples.length
  const added = Math.min(stepNs, LONGEST_STEP_NS) ** 2 / 6
  const kept = variance === 0 ? 1 : Math.sqrt(Math.max(0, 1 - added / variance))
  return samples.map((ns) => mean + (ns - mean) * kept)
}

/** Those so much longer than is usual that their holder was interrupted. */
function interruptedOf(toReleaseNs: readonly number[]): readonly number[] {
  const usual = distributionOf([numbers(toReleaseNs)])?.trimmedMean ?? 0
  return toReleaseNs.filter((ns) => ns > Math.max(COARSE_NS, usual * OUTLIER))
}

/**
 * The time of a flush if no invalidation of a few pages shows it: about as long as an interrupt during a hold, because a flush is
 * an interrupt of another CPU that the sender waits for; and no longer than the shortest hold of an invalidation of many pages.
 */
function interruptOf(interrupted: readonly number[], wide: readonly Held[]): Known | null {
  const usual = percentileOf(interrupted, 0.5)
  if (usual === null || wide.length < FEW_WHOLE) return usual
  return { ...usual, ns: Math.min(usual.ns, ...wide.map(({ ns }) => ns)) }
}

function meanNeighboursNs(faults: readonly Told[]): number {
  let sum = 0
  let count = 0
  for (const { atNs, lastNs, length } of faults) {
    for (let index = 0; index < length; index += 1) sum += Math.min(10_000, lastNs.at(index) - atNs.at(index))
    count += length
  }
  return count === 0 ? 0 : sum / count
}

function cycles(faults: readonly Told[]): Float64Array {
  return gathered(faults, ({ atNs, lastNs, waitBeganNs, length }) => {
    const samples: number[] = []
    for (let index = 1; index < length; index += 1) {
      if (waitBeganNs.at(index) < 0) samples.push(atNs.at(index) - lastNs.at(index - 1))
    }
    return samples
  })
}

/** In one piece: spreading millions of samples into a call would overflow its stack. */
function gathered(faults: readonly Told[], of: (told: Told) => readonly number[]): Float64Array {
  return Float64Array.from(faults.flatMap(of))
}

const numbers = (samples: ArrayLike<number>) => ({ length: samples.length, at: (index: number) => samples[index]! })

/** An invalidation that yields when another task waits ends that wait with its first flush, and has taken next to nothing by then. */
function zapOf(wide: readonly Held[], flushNs: number): Known | null {
  const whole = wide.filter(({ ns }) => ns > flushNs * 2)
  if (whole.length < FEW_WHOLE) return null
  const each = whole.map(({ ns, taken }) => (ns - flushNs) / taken)
  return { ns: distributionOf([numbers(each)])!.median, samples: whole.length }
}

/**
 * The mean without outliers. If the clock is as coarse as the duration, a few samples that are a step longer are not
 * outliers: they make the mean right.
 */
function trimmed(samples: ArrayLike<number>): Known | null {
  if (samples.length < FEW) return null
  const all = Float64Array.from(samples)
  const usual = distributionOf([numbers(all)])!.trimmedMean
  const kept = all.filter((ns) => ns <= Math.max(usual * 2, usual + COARSE_NS))
  return { ns: kept.reduce((sum, ns) => sum + ns, 0) / kept.length, samples: all.length }
}

/** The mean of those that are about as long as the longest: a percentile is a whole microsecond, where they are counted so. */
function longOnes(samples: readonly number[]): Known | null {
  const longest = percentileOf(samples, LONG_PERCENTILE)
  return longest === null ? null : trimmed(samples.filter((ns) => ns >= longest.ns * LONG_SHARE))
}

function percentileOf(samples: ArrayLike<number>, share: number): Known | null {
  if (samples.length < FEW) return null
  const sorted = Float64Array.from(samples).sort()
  return { ns: sorted[Math.floor(sorted.length * share)]!, samples: samples.length }
}
