import { ReplayError } from '../errors/faultline-error.ts'
import type { Recording } from './recording.ts'
import type { Unsortable } from './sort.ts'

/** Recordings that stand one after the other step back once a CPU; lines without an order at every other. */
const DISORDER = 0.05
/** A part with its own header that begins after a pause of this share of the whole is another recording; otherwise it continues the one before. */
const PAUSE = 0.1
const SHORT_NS = 1e6

/** Throws ReplayError if a text that is in order is several recordings nevertheless. */
export function assertIsOne({ parts, clock }: Recording, name: string): void {
  const apart = parts
    .filter(({ pauseNs }) => pauseNs > Math.max(clock.spanNs * PAUSE, SHORT_NS))
    .map(({ line }) => line)
  const begins = apart.length > 0 ? apart : clock.longPauses
  if (begins.length === 0) return
  const seconds = (clock.longestPauseNs / 1e9).toLocaleString('en-US', { maximumFractionDigits: 3 })
  throw new ReplayError(
    `${name} holds ${begins.length + 1} recordings, one after the other: the second begins at line ${begins[0]}, with up to ${seconds} s between them`,
    `Read the parts alone: ${partsOf(name, begins[0]!)}`,
  )
}

export function notOneRecording(
  name: string,
  { line, partFrom, byNs, within, times, isOfDistances }: Unsortable,
  { lines, isReversed }: { readonly lines: number; readonly isReversed: boolean },
): ReplayError {
  const seconds = (byNs / 1e9).toLocaleString('en-US', { maximumFractionDigits: 9 })
  if (isOfDistances) {
    return new ReplayError(
      `${name} gives distances between events and not times: it begins at 0 and goes back ${times.toLocaleString('en-US')} times`,
      'Print it without --deltatime: perf script -F comm,pid,tid,cpu,time,event,trace.',
    )
  }
  if (isReversed) {
    const command = name.endsWith('.gz') ? `zcat ${name} | tac` : `tac ${name}`
    return new ReplayError(`${name} has its last line first`, `Reverse it: ${command} | faultline trace -`)
  }
  return new ReplayError(
    `${name} is not in order: at line ${line} time goes back by ${seconds} s within the events of ${within}, so it is several recordings, or the clock was set`,
    times > lines * DISORDER
      ? `The time goes back ${times.toLocaleString('en-US')} times: give the lines in the order in which they were written.`
      : `Read the parts alone: ${partsOf(name, partFrom)}`,
  )
}

/** The commands that read the part before a line, and the part from it on. */
function partsOf(name: string, line: number): string {
  const [before, from] = name.endsWith('.gz')
    ? [`zcat ${name} | head -n ${line - 1}`, `zcat ${name} | tail -n +${line}`]
    : [`head -n ${line - 1} ${name}`, `tail -n +${line} ${name}`]
  return `${before} | faultline trace -, and ${from} | faultline trace -`
}
