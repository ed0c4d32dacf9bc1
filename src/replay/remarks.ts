/** What a trace says about itself between its events. */
export type Remarks = {
  /** Of `# entries-in-buffer/entries-written`: how many events were overwritten before they were read. */
  overwritten: number
  /** Of `CPU:1 [LOST 7 EVENTS]` and the like: how many events are missing, where the number is given. */
  lost: number
  /** How often events are missing. */
  gaps: number
}

const IN_BUFFER = /entries-in-buffer\/entries-written: (\d+)\/(\d+)/
const LOST = /^(?:.*:)?\s*CPU:\s*\d+ \[(?:LOST )?(\d+)? ?EVENTS(?: DROPPED)?\]/
/** What trace-cmd prints ahead of the events. */
const PREAMBLE = /^(?:cpus=\d+|version = \d+|trace-cmd version .*|CPU \d+ is empty|\[.*\]|.*: *cpus=\d+)$/

/** Reads a line that is not an event's: 'gap' if events are missing there, undefined if nobody understands it. */
export function readRemark(text: string, remarks: Remarks): 'header' | 'gap' | undefined {
  if (text.startsWith('#')) {
    const counts = IN_BUFFER.exec(text)
    if (counts !== null) remarks.overwritten += Math.max(0, Number(counts[2]) - Number(counts[1]))
    return 'header'
  }
  const lost = LOST.exec(text)
  if (lost === null) return PREAMBLE.test(text.trim()) ? 'header' : undefined
  remarks.lost += Number(lost[1] ?? 0)
  remarks.gaps += 1
  return 'gap'
}
