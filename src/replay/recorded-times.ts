import { distributionOf } from './distribution.ts'
import { INSTALL, type Moments, NEIGHBOUR, UNMAP, WAIT_BEGIN, WAIT_END, ZAP } from './moments.ts'
import type { FaultOrder, Order, TakingOrder } from './order.ts'

/** How long something took on the recorded host, and from how many samples that is known. */
export type Known = { readonly ns: number; readonly samples: number }

/** What a recording tells of the times that KVM spends: null where it does not. */
export type RecordedTimes = {
  /** From the end of a wait for mmu_lock to the SPTE; from the last SPTE to the end of the wait of the next; of a fault's SPTEs. */
  readonly toSpte: Known | null
  readonly toRelease: Known | null
  readonly neighboursNs: number
  /** What the two ways were, one by one, in no order: a few are many times as long as the others. */
  readonly toSpteNs: Float64Array
  readonly toReleaseNs: Float64Array
  /** From the start of an invalidation that took a few pages to the end of a wait for its mmu_lock: with an IPI, and per page. */
  readonly flush: Known | null
  readonly zap: Known | null
  /** From a fault's SPTE to that of the same task's next fault, when nothing lies between. */
  readonly cycle: Known | null
}

/** Fewer samples than this tell nothing. */
const FEW = 8
/** A wait that was longer ago than so many times the usual way to the SPTE ended in a retry. */
const OUTLIER = 8
/** An invalidation of at most so many pages is all flush; of at least so many, its zaps count. */
const NARROW = 8
const WIDE = 64

/** Of waits, the longest tenth waited for who sent an IPI: others had to be told, or had not. */
const FLUSH_PERCENTILE = 0.9
const CYCLE_PERCENTILE = 0.1

/** Which waits belong to the SPTE that the same task set next: whoever retries sets none. In ns from their end. */
export function latestSpteNs(order: FaultOrder): number {
  return latestOf([beginningOf(order, Number.POSITIVE_INFINITY)])
}

function latestOf(faults: readonly Told[]): number {
  const usual = distributionOf([numbers(toSptes(faults, Number.POSITIVE_INFINITY))])
  return usual === undefined ? 0 : Math.max(2000, usual.trimmedMean * OUTLIER)
}

/** `untilNs`: only what happened before is looked at, to predict the rest by. */
export function recordedTimes(
  moments: Moments,
  order: Order,
  mmuLock: number,
  untilNs: number = Number.POSITIVE_INFINITY,
): RecordedTimes {
  const { takings } = order
  const faults = order.faults.map((each) => beginningOf(each, untilNs))
  const { tails, shorts, zaps } = waitsFor(moments, takings, mmuLock, untilNs)
  const flush = percentileOf(shorts, FLUSH_PERCENTILE)
  const toSpteNs = toSptes(faults, latestOf(faults))
  return {
    toSpteNs,
    toReleaseNs: Float64Array.from(tails),
    toSpte: trimmed(toSpteNs),
    toRelease: trimmed(tails),
    neighboursNs: meanNeighboursNs(faults),
    flush,
    zap: flush === null ? null : trimmed(zaps.map(({ ns, taken }) => Math.max(0, ns - flush.ns) / taken)),
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

type Held = { readonly ns: number; readonly taken: number }

/** The ends of waits tell when others let mmu_lock go: one that had set an SPTE meanwhile, or one that invalidates. */
function waitsFor(moments: Moments, takings: readonly TakingOrder[], mmuLock: number, untilNs: number) {
  const tails: number[] = []
  const shorts: number[] = []
  const zaps: Held[] = []
  const began = new Map<number, number>()
  const takenBy = new Map<number, number>()
  for (const { atNs, taken } of takings) {
    for (let index = 0; index < atNs.length; index += 1) takenBy.set(atNs.at(index), taken.at(index))
  }
  let last = -1
  let beforeLast = -1
  for (let index = 0; index < moments.length && moments.atNs(index) < untilNs; index += 1) {
    const what = moments.what(index)
    if (what === WAIT_BEGIN || what === WAIT_END) {
      if (moments.value(index) !== mmuLock) continue
      if (what === WAIT_BEGIN) {
        began.set(moments.pid(index), moments.atNs(index))
        continue
      }
      const since = began.get(moments.pid(index))
      began.delete(moments.pid(index))
      const holder = last >= 0 && moments.pid(last) === moments.pid(index) ? beforeLast : last
      if (since !== undefined && holder >= 0) {
        const ns = moments.atNs(index) - moments.atNs(holder)
        const by = moments.what(holder)
        if ((by === INSTALL || by === NEIGHBOUR) && moments.atNs(holder) >= since) tails.push(ns)
        const taken = by === UNMAP ? (takenBy.get(moments.atNs(holder)) ?? 0) : 0
        if (taken > 0 && taken <= NARROW && moments.atNs(holder) <= since) shorts.push(ns)
        if (taken >= WIDE && moments.atNs(holder) <= since) zaps.push({ ns, taken })
      }
    }
    if (what === INSTALL || what === NEIGHBOUR || what === UNMAP || what === WAIT_END || what === ZAP) {
      if (last < 0 || moments.pid(last) !== moments.pid(index)) beforeLast = last
      last = index
    }
  }
  return { tails, shorts, zaps }
}

/** In one piece: spreading millions of samples into a call would overflow its stack. */
function gathered(faults: readonly Told[], of: (told: Told) => readonly number[]): Float64Array {
  return Float64Array.from(faults.flatMap(of))
}

const numbers = (samples: ArrayLike<number>) => ({ length: samples.length, at: (index: number) => samples[index]! })

function trimmed(samples: ArrayLike<number>): Known | null {
  if (samples.length < FEW) return null
  return { ns: distributionOf([numbers(samples)])!.trimmedMean, samples: samples.length }
}

function percentileOf(samples: ArrayLike<number>, share: number): Known | null {
  if (samples.length < FEW) return null
  const sorted = Float64Array.from(samples).sort()
  return { ns: sorted[Math.floor(sorted.length * share)]!, samples: samples.length }
}
