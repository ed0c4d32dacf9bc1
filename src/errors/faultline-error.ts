/** What kind of failure it is decides the exit code. */
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
