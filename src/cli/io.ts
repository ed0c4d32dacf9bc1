import type { Readable } from 'node:stream'
import type { Runtime } from '../bench/host.ts'

/** The process, as commands see it. */
export type Io = {
  /** What was asked for: may be piped. */
  readonly out: (text: string) => void
  /** Progress and messages. */
  readonly err: (text: string) => void
  readonly isErrTty: boolean
  readonly stdin: () => Readable
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal
  /** The words after the program's name. */
  readonly command: readonly string[]
  readonly runtime: Runtime
  /** FAULTLINE_TRACE=1: stack and cause of what fails. */
  readonly isTraced?: boolean
  /** The program that runs us, for what runs in processes of its own. */
  readonly node: string
}

export const EXIT = { fine: 0, regression: 1, usage: 2, failed: 3, incomparable: 4, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
