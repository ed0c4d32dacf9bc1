/** The kind of failure, which decides the exit code. */
export type ErrorKind = 'usage' | 'run'

/**
 * A failure that a person can act on: what happened, with the numbers; the circumstances as data; and the next step.
 */
export class FaultlineError extends Error {
  readonly code: string
  readonly kind: ErrorKind
  readonly context: Readonly<Record<string, string | number>>
  readonly hint: string

  constructor(
    code: string,
    kind: ErrorKind,
    message: string,
    options: { context?: Readonly<Record<string, string | number>>; hint: string; cause?: unknown },
  ) {
    super(message, { cause: options.cause })
    this.name = 'FaultlineError'
    this.code = code
    this.kind = kind
    this.context = options.context ?? {}
    this.hint = options.hint
  }
}

/** An error in a recording, or in a request about it. */
export class ReplayError extends FaultlineError {
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super('BAD_RECORDING', 'usage', message, { hint, cause: options?.cause })
    this.name = 'ReplayError'
  }
}

/** A modelled machine whose file cannot be used. */
export class ProfileError extends FaultlineError {
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super('BAD_PROFILE', 'usage', message, { hint, cause: options?.cause })
    this.name = 'ProfileError'
  }
}

const AGAIN = 'Run it again with --vcpus 1 --trials 1; if it fails again, please report it with the command line.'
/** A modelled run in which nothing costs time: the request is wrong, not the run. */
export const TIME_STANDS = 'TIME_STANDS'

const HINTS: Readonly<Record<string, string>> = {
  WORKER_STALLED:
    'A lost wake-up, or a deadlock: the line above names the word. Fewer workers than cores rule the scheduler out.',
  STALLED:
    'A lock that is not released, or an endless loop: the line above shows where each CPU is. `faultline check` finds the order of steps that leads there.',
  PATCH_THREW: 'Correct that line in the named file. FAULTLINE_TRACE=1 prints the stack.',
  [TIME_STANDS]:
    'Leave out the --set that makes a cost 0, or add work to each operation: --set cost.operation_outside=100 in fault-scaling.',
  DEADLOCK: 'This cannot end by itself: change the order in which the locks are taken.',
}

/** Advice about a failed run. */
export const hintOfRun = (code: string): string => HINTS[code] ?? AGAIN

/** A run on threads that did not finish. `P`: the partial result. */
export class RunFailed<P = unknown> extends FaultlineError {
  declare readonly code:
    | 'START_FAILED'
    | 'WORKER_FAILED'
    | 'PATCH_THREW'
    | 'WORKER_STALLED'
    | 'DEADLOCK'
    | 'INTERRUPTED'
  /** The records until then; their windows are lost. */
  partial: P | undefined

  constructor(code: RunFailed['code'], message: string, options?: ErrorOptions) {
    super(code, 'run', message, { hint: hintOfRun(code), cause: options?.cause })
    this.name = 'RunFailed'
  }
}

/** A modelled run that could not be finished. */
export class ModelFailed extends FaultlineError {
  declare readonly code: 'DEADLOCK' | 'STALLED' | 'INTERRUPTED' | 'PATCH_THREW' | 'TIME_STANDS'

  constructor(code: ModelFailed['code'], message: string, options?: ErrorOptions) {
    super(code, 'run', message, { hint: hintOfRun(code), cause: options?.cause })
    this.name = 'ModelFailed'
  }
}
