import type { Comparison } from './compare.ts'
import { isLost } from './missing.ts'

/** Whether a gate must fail: a figure is worse by at least that share of its base, or exists on one side only. */
export function doesFail({ changes, missing }: Comparison, least: number): boolean {
  const isWorse = changes.some(
    ({ verdict, test: { ratio } }) => verdict === 'worse' && (ratio === null || Math.abs(ratio - 1) >= least),
  )
  return isWorse || missing.some(isLost)
}
