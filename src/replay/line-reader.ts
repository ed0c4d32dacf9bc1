import { TraceLine } from './trace-line.ts'
import { plainText } from './typeset.ts'

const AMPERSAND = 0x26
const TAB = 0x09
const NBSP_LEAD = 0xc2
const NBSP = 0xa0
/** Dashes and spaces that editors put in have this first byte. */
const PUNCTUATION_LEAD = 0xe2

/** The fields of a line, by the groups of a shape. Times are `s`.`f`, microseconds `us`, ticks, or none of these. */
type Fields = Readonly<Record<string, string | undefined>>

/** The flags of an event: irqs off, need-resched, hard or soft irq, preempt depth, and since 6.1 migrate-disable depth. */
const FLAGS = String.raw`[dDbX.][NnpLlBb.][ZzHhs.][\da-f.][\da-f.]?`
const DATE = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+`
const EVENT = String.raw`(?:(?<system>[\w-]+):)?(?<event>[A-Za-z_][\w-]*):(?=\s|$)`

/** Shapes of lines other than ftrace's and trace-cmd's usual one, which TraceLine reads. */
const SHAPES: readonly RegExp[] = [
  // perf script: `CPU 0/KVM  4100/4101 [004]  1234.500000:          1 kvm:kvm_exit: ...`, its date and CPU optional, or a date alone.
  new RegExp(
    String.raw`^(?<name>.*?)(?:^|\s)\s*(?:(?<tgid>\d+)/)?(?<pid>\d+)\s+(?:[KUHGg][EMS]*\s+)?(?:\[(?<cpu>\d+)\]\s+)?(?:[\w.]{1,8}\s+)?` +
      String.raw`(?:(?:${DATE}\s+)?(?<s>\d+)[.,](?<f>\d{1,9})|(?<day>\d{4}-\d\d-\d\d) (?<clock>\d\d:\d\d:\d\d)\.(?<df>\d{1,9})):\s+(?:\d+\s+)?${EVENT}`,
  ),
  // The latency format, a dump of ftrace's buffer in the kernel log, and `trace-cmd report -l`: `CPU 0/KV-4101  4d....  17us : `.
  new RegExp(
    String.raw`^(?<name>.*?)-(?<pid>\d+)\s+(?<cpu>\d+)${FLAGS}\s+` +
      String.raw`(?:(?<us>\d+)us\s?[+!#*@$]?\s*|(?<s>\d+)[.,](?<f>\d{1,9})|(?<ticks>\d+)\s*):\s+${EVENT}`,
  ),
  // The same with the option verbose.
  new RegExp(
    String.raw`^(?<name>.*?)\s+(?<pid>\d+)\s+(?<cpu>\d+)\s+\d+\s+[\da-f]{8}\s+[\da-f]{8}\s+\[[\da-f]+\]\s+` +
      String.raw`(?<ms>\d+)\.(?<fms>\d{3})ms\s+\(\+[\d.]+ms\):\s+${EVENT}`,
  ),
  // The function-graph tracer shows events as comments, with a time only on request.
  new RegExp(
    String.raw`^\s*(?:.*?\s)??(?:(?<s>\d+)[.,](?<f>\d{1,9})\s+\|\s+)?(?<cpu>\d+)\)\s+(?<name>\S.*?)-(?<pid>\d+)\s+\|.*?/\*\s*${EVENT}`,
  ),
]
const GRAPH = SHAPES.length - 1
const COMMENT_END = /\s*\*\/\s*$/

/** Reads the lines of a recording in each known shape; the shape that matched last is tried first. */
export class LineReader {
  readonly line = new TraceLine()
  readonly #tickNs: number | undefined
  #shape = 0

  /** `tickNs`: how long a tick is, if times are given in ticks. */
  constructor(tickNs?: number) {
    this.#tickNs = tickNs
  }

  /** False if [start, end) is not the line of an event. */
  read(bytes: Buffer, start: number, end: number): boolean {
    const isEvent = this.#readAny(bytes, start, end)
    if (isEvent && this.line.time === 'ticks' && this.#tickNs !== undefined) this.#readTicks(this.#tickNs)
    return isEvent
  }

  #readTicks(tickNs: number): void {
    const { line } = this
    const ns = line.seconds * tickNs
    line.time = 'seconds'
    line.seconds = Math.floor(ns / 1e9)
    line.nanos = Math.round(ns - line.seconds * 1e9)
  }

  #readAny(bytes: Buffer, start: number, end: number): boolean {
    if (this.line.parse(bytes, start, end)) return true
    if (end - start < SHORTEST) return false
    const isDressed = needsCleaning(bytes, start, end)
    const text = isDressed ? plainText(bytes, start, end) : bytes.toString('latin1', start, end)
    if (!isDressed) return this.#readShape(text, bytes, start, end)
    const plain = Buffer.from(text, 'latin1')
    return this.line.parse(plain, 0, plain.length) || this.#readShape(text, plain, 0, plain.length)
  }

  #readShape(text: string, bytes: Buffer, start: number, end: number): boolean {
    // In every shape a line has a colon behind its event.
    if (!text.includes(': ') && !text.endsWith(':')) return false
    for (let tried = 0; tried < SHAPES.length; tried += 1) {
      const shape = (this.#shape + tried) % SHAPES.length
      const match = SHAPES[shape]!.exec(text)
      if (match === null) continue
      this.#shape = shape
      this.#fill(match, shape === GRAPH, bytes, start, end)
      return true
    }
    return false
  }

  #fill(match: RegExpExecArray, isGraph: boolean, bytes: Buffer, start: number, end: number): void {
    const { line } = this
    const fields: Fields = match.groups!
    const text = match.input
    const { length } = match[0]
    const event = fields.event!
    line.bytes = bytes
    // In a function graph the columns before the name end in the CPU's bracket; in the other shapes the line begins with it.
    line.start = start + (isGraph ? text.indexOf(fields.name!, text.indexOf(')')) : 0)
    line.nameStart = line.start
    line.nameEnd = line.start + fields.name!.length
    line.pid = Number(fields.pid)
    line.tgid = Number(fields.tgid ?? 0)
    line.cpu = Number(fields.cpu ?? -1)
    line.eventEnd = start + length - 1
    line.eventStart = line.eventEnd - event.length
    let textStart = start + length
    while (textStart < end && bytes[textStart] === 0x20) textStart += 1
    line.textStart = textStart
    line.end = isGraph ? end - (COMMENT_END.exec(text)?.[0].length ?? 0) : end
    setTime(line, fields)
  }
}

/** No line of an event is shorter than `a-1 [0] 1.0: b:`. */
const SHORTEST = 12

function setTime(line: TraceLine, { s, f, day, clock, df, us, ms, fms, ticks }: Fields): void {
  line.time = 'seconds'
  if (s !== undefined && f !== undefined) {
    line.seconds = Number(s)
    line.nanos = Number(f.padEnd(9, '0'))
  } else if (day !== undefined && df !== undefined) {
    line.seconds = Date.parse(`${day}T${clock}Z`) / 1000
    line.nanos = Number(df.padEnd(9, '0'))
  } else if (us !== undefined) {
    line.seconds = Math.floor(Number(us) / 1e6)
    line.nanos = (Number(us) % 1e6) * 1000
  } else if (ms !== undefined) {
    line.seconds = Math.floor(Number(ms) / 1e3)
    line.nanos = (Number(ms) % 1e3) * 1e6 + Number(fms) * 1e3
  } else {
    line.time = ticks === undefined ? 'none' : 'ticks'
    line.seconds = Number(ticks ?? 0)
    line.nanos = 0
  }
}

function needsCleaning(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]
    if (byte === TAB || byte === AMPERSAND) return true
    if (byte === NBSP_LEAD && bytes[at + 1] === NBSP) return true
    if (byte === PUNCTUATION_LEAD && (bytes[at + 1] === 0x80 || bytes[at + 1] === 0x81)) return true
  }
  return false
}
