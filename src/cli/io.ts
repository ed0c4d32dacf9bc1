import type { Readable } from 'node:stream'
import type { Runtime } from '../bench/host.ts'

/** The process, as commands see it. */
export type Io = {
  /** What was asked for: may be piped. */
  readonly out: (text: string) => void
  /** Progress and messages. */
  readonly err: (text: string) => void
  readonly isErrTty: boolean
  /** How large the terminal is to which progress and messages go, if that is one. */
  readonly errSize?: { readonly columns: number; readonly rows: number } | undefined
  /** The width of the terminal, if output goes to one. */
  readonly columns?: number | undefined
  /** Whether tones may be shown as colours. */
  readonly isColoured?: boolean
  readonly stdin: () => Readable
  /** Aborted on a signal to the process; its reason is the name of the signal. */
  readonly signal: AbortSignal
  /**
   * Says what stands if the command has to end now. A command that has called this hears `signal` and ends by itself; any other
   * is abandoned where it is. `isNothing`: nothing would be lost by that yet, so it is not waited for long.
   */
  readonly keeps: (says: string, isNothing?: boolean) => void
  /** ms since the program was started. */
  readonly uptimeMs?: () => number
  /** How often the process has been stopped and continued: what it measured meanwhile is void. */
  readonly stops: () => number
  /** The words after the program's name. */
  readonly command: readonly string[]
  readonly runtime: Runtime
  /** The version of this program. */
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** FAULTLINE_TRACE=1: stack and cause of what fails. */
  readonly isTraced?: boolean
  /** The program that runs us, for what runs in processes of its own. */
  readonly node: string
}

export const EXIT = { fine: 0, regression: 1, usage: 2, failed: 3, incomparable: 4, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
