import { ModelFailed } from '../model/run.ts'
import { RunFailed } from '../threads/conductor.ts'
import type { Group } from './plan.ts'
import type { RunError } from './result.ts'

const AGAIN = 'Run it again with --vcpus 1 --trials 1; if it fails again, please report it with the command line.'
const HINTS: Readonly<Record<string, string>> = {
  WORKER_STALLED:
    'A lost wake-up, or a deadlock: the line above names the word. Fewer workers than cores rule the scheduler out.',
  PATCH_THREW: 'The line is in the file that was named, and so is what to mend. FAULTLINE_TRACE=1 prints the stack.',
  DEADLOCK: 'No other order of running them ends this: the order in which the locks are taken has to change.',
}

/** What went wrong in a run, as its result tells it. */
export function errorOf(cause: unknown, group: Group, variant: string): RunError {
  const failure = cause instanceof RunFailed || cause instanceof ModelFailed ? cause : undefined
  const message = cause instanceof Error ? cause.message : String(cause)
  return {
    code: failure?.code ?? 'RUN_FAILED',
    message,
    context: { scenario: group.scenario.name, variant },
    hint: HINTS[failure?.code ?? ''] ?? AGAIN,
  }
}
