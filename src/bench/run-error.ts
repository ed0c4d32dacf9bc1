import { hintOfRun, ModelFailed, RunFailed } from '../errors/faultline-error.ts'
import type { Group } from './plan.ts'
import type { RunError } from './result.ts'

/** The error of a run, as its result records it. */
export function errorOf(cause: unknown, group: Group, variant: string): RunError {
  const failure = cause instanceof RunFailed || cause instanceof ModelFailed ? cause : undefined
  const message = cause instanceof Error ? cause.message : String(cause)
  return {
    code: failure?.code ?? 'RUN_FAILED',
    message,
    context: { scenario: group.scenario.name, variant },
    hint: hintOfRun(failure?.code ?? ''),
  }
}
