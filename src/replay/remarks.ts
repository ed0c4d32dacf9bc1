import { withoutPrefixes } from './task-name.ts'

/** Statements of a trace about itself, between its events. */
export type Remarks = {
  /** From `# entries-in-buffer/entries-written`: how many events were overwritten before they were read. */
  overwritten: number
  /** From `CPU:1 [LOST 7 EVENTS]` and the like: how many events are missing, where the number is given. */
  lost: number
  /** How often events are missing. */
  gaps: number
  /** How often ftrace's header occurs: each begins a separate recording. */
  headers: number
  /** Lines of functions and of stacks, which are not events; and those that begin an invalidation, without its range. */
  functions: number
  invalidations: number
}

export const newRemarks = (): Remarks => ({
  overwritten: 0,
  lost: 0,
  gaps: 0,
  headers: 0,
  functions: 0,
  invalidations: 0,
})

const QUOTES = /^(?:[>|]\s?)+/
const IN_BUFFER = /entries-in-buffer\/entries-written: (\d+)\/(\d+)/
/** A header of ftrace or perf: `#` alone, or before words that only a header has. Other text may precede it. */
const HEADER = /^[\s+]*#|(?:^|[\s>+|])#(?:$| {2,}| tracer:| entries-in-buffer| nop latency| CPU {2})/
const TRACER = /(?:^|[\s>+|])# tracer: /
const LOST = /(?:^|[\s:])CPU:\s*\d+ \[(?:LOST )?(\d+)? ?EVENTS(?: DROPPED)?\]/
const PERF_LOST = /PERF_RECORD_LOST(?:_SAMPLES)? (?:lost )?(\d+)/
/**
 * Lines that trace-cmd prints before the events, a kernel around a dump, grep between matches, perf as warnings; and
 * markup around text on a web page.
 */
const PREAMBLE =
  /^(?:cpus=\d+|version = \d+|trace-cmd version .*|CPU \d+ is empty|\[[^\]]*\]|\S+: *cpus=\d+|[-+|:= ]{3,}|--? ?|```\w*|\{(?:noformat|code[^}]*)\}|(?:<\/?\w+[^<>]*>)+|\[?\w+@[\w.-]+[: ][^#$]{0,80}[#$](?: .*)?|Dumping ftrace buffer:|\(ftrace buffer empty\)|Warning:.*|CPU \d+:|["'[\]{}]+,?|==> .* <==|Processed \d+ events.*|"[\w-]+": *(?:-?[\d.]+|"[^"]*"|true|false|null|[[{]),?)$/
const FUNCTIONS: readonly RegExp[] = [
  // The stack of an event, and what ftrace prints ahead of it.
  /^\s*(?:=>|=&gt;) /,
  /: (?:<|&lt;)(?:user )?stack trace(?:>|&gt;)/,
  // perf's callchains.
  /^\s+[\da-f]{1,16} .*\(\S.*\)$/,
  /^\s+[\da-f]{8,16} \S+(?:\+0x[\da-f]+)?$/,
  // Task starts and switches, as perf prints them with --show-task-events and --show-switch-events.
  /: PERF_RECORD_(?!LOST)\w+/,
  // The source line of a perf stack frame.
  /^\s+[\w./-]+\.(?:c|h|S|cpp|rs|go):\d+$/,
  // Functions of the tracers function and function_graph.
  /\]\s.*\d: \S+ <-\S+$/,
  /^\s*(?:[\d.]+ \|\s+)?\d+\)\s.*\|/,
  /^\s*(?:[\d.]+ \|\s+)?\d+\)\s.*=>/,
]

/** The tracers' lines of the function that kvm_unmap_hva_range is the event of. */
const INVALIDATION = /[\s|]kvm_mmu_notifier_invalidate_range_start(?: <-|\(|$)/

/** Reads a line that is not an event's: 'gap' if events are missing there, undefined if it is not understood. */
export function readRemark(line: string, remarks: Remarks): 'header' | 'gap' | undefined {
  const unquoted = line.replace(QUOTES, '').replaceAll('\t', ' ')
  return readBare(unquoted, remarks) ?? readBare(withoutPrefixes(unquoted.trimStart()), remarks)
}

function readBare(text: string, remarks: Remarks): 'header' | 'gap' | undefined {
  if (text.trim() === '') return 'header'
  if (HEADER.test(text)) return readHeader(text, remarks)
  const lost = LOST.exec(text) ?? PERF_LOST.exec(text)
  if (lost !== null) {
    remarks.lost += Number(lost[1] ?? 0)
    remarks.gaps += 1
    return 'gap'
  }
  if (PREAMBLE.test(text.trim())) return 'header'
  if (!FUNCTIONS.some((shape) => shape.test(text))) return undefined
  remarks.functions += 1
  if (INVALIDATION.test(text)) remarks.invalidations += 1
  return 'header'
}

function readHeader(text: string, remarks: Remarks): 'header' {
  if (TRACER.test(text)) remarks.headers += 1
  const counts = IN_BUFFER.exec(text)
  if (counts !== null) remarks.overwritten += Math.max(0, Number(counts[2]) - Number(counts[1]))
  return 'header'
}
