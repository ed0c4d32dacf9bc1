import type { Run } from '../bench/result.ts'
import { TIME_STANDS } from '../errors/faultline-error.ts'
import { EXIT, type ExitCode } from './io.ts'

/** The exit code that the errors of runs make; undefined if no run failed. Costs under which no run could end are wrong use. */
export function exitOfErrors(runs: readonly Pick<Run, 'error'>[]): ExitCode | undefined {
  const errors = runs.flatMap(({ error }) => (error === null ? [] : [error]))
  if (errors.length === 0) return undefined
  return errors.every(({ code }) => code === TIME_STANDS) ? EXIT.usage : EXIT.failed
}
