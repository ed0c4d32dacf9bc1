import { median } from '../statistics.ts'

/** MAD of normal values times this is their standard deviation. */
const NORMAL_MAD = 1.4826
/** A value beyond this many standard deviations is far. */
const FAR = 3

/**
 * Draws single far values to where far begins (Hampel 1974): a trial that stalled, and is no level. A far value beside another
 * one, or at an end, stays: it may be where a level begins.
 */
export function withoutSpikes(values: readonly number[]): number[] {
  const middle = median(values)
  const reach = FAR * NORMAL_MAD * median(values.map((value) => Math.abs(value - middle)))
  const far = values.map((value) => Math.abs(value - middle) > reach)
  return values.map((value, at) => {
    const isSpike = far[at] && at > 0 && at < values.length - 1 && !far[at - 1] && !far[at + 1]
    return isSpike ? middle + Math.sign(value - middle) * reach : value
  })
}
