import { fit } from '../report/fit.ts'
import { marked, PLAIN, type Style } from '../report/tones.ts'
import type { Io } from './io.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whether output is coloured: on a terminal that has colours. NO_COLOR forbids it (https://no-color.org), FORCE_COLOR
 * requests it for a file or a pipe; NO_COLOR takes precedence.
 */
export function isColoured(isTty: boolean, { NO_COLOR, FORCE_COLOR, TERM }: Environment): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return isTty && TERM !== 'dumb'
}

/** The report style for `io`. */
export const styleOf = ({ columns, isColoured: hasColours }: Io): Style => ({
  width: columns,
  paint: hasColours === true ? marked : PLAIN.paint,
})

/** The same `io`, with sentences broken between words where the terminal is too narrow for them. */
export const fitted = (io: Io): Io => ({ ...io, out: (text) => io.out(fit(text, io.columns)) })
