import type { Readable } from 'node:stream'
import type { Runtime } from '../bench/host.ts'

/** The process, as commands see it. */
export type Io = {
  /** The requested output; may be piped. */
  readonly out: (text: string) => void
  /** Progress and messages. */
  readonly err: (text: string) => void
  readonly isErrTty: boolean
  /** How large the terminal is to which progress and messages go, if that is one. */
  readonly errSize?: { readonly columns: number; readonly rows: number } | undefined
  /** The width of the terminal, if output goes to one. */
  readonly columns?: number | undefined
  /** Whether tones are shown as colours. */
  readonly isColoured?: boolean
  readonly stdin: () => Readable
  /** Aborted on a signal to the process; its reason is the name of the signal. */
  readonly signal: AbortSignal
  /**
   * Announces what is kept if the command has to end now. A command that has called this receives `signal` and ends
   * itself; any other is abandoned. `isNothing`: nothing would be lost yet, so the program waits only briefly.
   */
  readonly keeps: (says: string, isNothing?: boolean) => void
  /** ms since the program was started. */
  readonly uptimeMs?: () => number
  /** How often the process has been stopped and continued: measurements taken during a stop are void. */
  readonly stops: () => number
  /** The words after the program's name. */
  readonly command: readonly string[]
  readonly runtime: Runtime
  /** The version of this program. */
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** FAULTLINE_TRACE=1: print the stack and the cause of an error. */
  readonly isTraced?: boolean
  /** The Node executable, for child processes. */
  readonly node: string
}

export const EXIT = { fine: 0, regression: 1, usage: 2, failed: 3, incomparable: 4, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
