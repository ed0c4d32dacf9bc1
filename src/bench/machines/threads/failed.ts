import { RunFailed } from '../../../errors/faultline-error.ts'
import type { PartialRun } from '../../../threads/run.ts'
import { type Violation, violationsOf } from '../../trial.ts'

/** What a failed trial had recorded until it failed. */
export type Failed = {
  readonly variant: number
  readonly violations: readonly Violation[]
  readonly splats: readonly string[]
}

export function failedOf(cause: unknown, variant: number): Failed | undefined {
  if (!(cause instanceof RunFailed) || cause.partial === undefined) return undefined
  const { ran, roles } = cause.partial as PartialRun
  return { variant, violations: violationsOf(ran, roles), splats: ran.splats ?? [] }
}
