import { MetTasks } from './met-tasks.ts'

const SPACE = 0x20
const DASH = 0x2d
const COMMA = 0x2c
const DOT = 0x2e
const COLON = 0x3a
const OPEN = 0x5b
const CLOSE = 0x5d
const OPEN_ROUND = 0x28
const CLOSE_ROUND = 0x29
const PLUS = 0x2b

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39
const MAX_FRACTION = 9
const NANOS_OF = Float64Array.from({ length: MAX_FRACTION + 1 }, (_, digits) => 10 ** (MAX_FRACTION - digits))

/** The unit of a line's time: seconds, a clock of unknown unit (x86-tsc, counter), or no time. */
export type TimeKind = 'seconds' | 'ticks' | 'none'

/**
 * The line of an event, as the `trace` file and `trace-cmd report` print it, parsed in place:
 *
 *               CPU 3/KVM-4711    [005] .....  1234.567890: kvm_page_fault: vcpu 3 rip 0x...
 *   task ......................   cpu   flags  time         event           text
 *
 * A task's name may hold anything, brackets and dashes too. So the `[cpu]` that counts is the one with `-pid` before it and
 * nothing but flags and a time behind it. A `(tgid)` may stand before it; flags are four or five characters or missing; a
 * `(+12)` since the event before may stand behind the time. What stands before the name is not looked at: see taskName().
 * LineReader fills one in for lines of other shapes.
 */
export class TraceLine {
  bytes: Buffer = Buffer.alloc(0)
  /** The start of the line, including anything printed before the task's name. */
  start = 0
  nameStart = 0
  nameEnd = 0
  pid = 0
  /** The process of the task; 0 if the line does not say. */
  tgid = 0
  /** -1 if the line does not say. */
  cpu = 0
  time: TimeKind = 'seconds'
  seconds = 0
  nanos = 0
  eventStart = 0
  eventEnd = 0
  textStart = 0
  end = 0
  readonly #met = new MetTasks()
  /** The offset of the bracket in the previous line: usually the same column. */
  #column = 0

  /** False if [start, end) is not the line of an event. */
  parse(bytes: Buffer, start: number, end: number): boolean {
    this.bytes = bytes
    this.start = start
    this.end = end
    const likely = start + this.#column
    if (likely > start && likely < end && bytes[likely] === OPEN && this.#isMet(bytes, start, likely)) {
      const close = this.#readCpu(bytes, likely, end)
      const afterTime = close < 0 ? -1 : this.#readTime(bytes, close + 1, end)
      if (afterTime >= 0) return this.#readEvent(bytes, afterTime, end)
    }
    for (let open = start + 1; open < end; open += 1) {
      if (bytes[open] !== OPEN || bytes[open - 1] !== SPACE) continue
      const close = this.#readCpu(bytes, open, end)
      if (close < 0 || !this.#readTask(bytes, start, open)) continue
      const afterTime = this.#readTime(bytes, close + 1, end)
      if (afterTime < 0) continue
      this.#column = open - start
      this.#met.keep(bytes, start, open, this)
      return this.#readEvent(bytes, afterTime, end)
    }
    return false
  }

  /** The bytes ahead of the bracket are those of a line before: they need not be read again. */
  #isMet(bytes: Buffer, start: number, open: number): boolean {
    const met = this.#met.find(bytes, start, open)
    if (met === undefined) return false
    this.pid = met.pid
    this.tgid = met.tgid
    this.nameStart = start + met.nameStart
    this.nameEnd = start + met.nameEnd
    return true
  }

  /** The offset of the `]`; -1 if there is no number in the brackets. */
  #readCpu(bytes: Buffer, open: number, end: number): number {
    let cpu = 0
    let at = open + 1
    for (; at < end && isDigit(bytes[at]!); at += 1) cpu = cpu * 10 + bytes[at]! - 0x30
    this.cpu = cpu
    return at > open + 1 && bytes[at] === CLOSE ? at : -1
  }

  #readTask(bytes: Buffer, start: number, open: number): boolean {
    let at = open - 1
    while (at > start && bytes[at] === SPACE) at -= 1
    this.tgid = 0
    if (bytes[at] === CLOSE_ROUND) at = this.#readProcess(bytes, start, at)
    const last = at
    let pid = 0
    for (let unit = 1; at > start && isDigit(bytes[at]!); at -= 1, unit *= 10) pid += (bytes[at]! - 0x30) * unit
    if (at === last || bytes[at] !== DASH) return false
    this.pid = pid
    this.nameEnd = at
    let name = start
    while (name < at && bytes[name] === SPACE) name += 1
    this.nameStart = name
    return true
  }

  /** Reads the `(tgid)` that ends at `from`; returns the end of the text before it. */
  #readProcess(bytes: Buffer, start: number, from: number): number {
    let at = from
    for (let unit = 1; at > start && bytes[at] !== OPEN_ROUND; at -= 1) {
      if (!isDigit(bytes[at]!)) continue
      this.tgid += (bytes[at]! - 0x30) * unit
      unit *= 10
    }
    at -= 1
    while (at > start && bytes[at] === SPACE) at -= 1
    return at
  }

  /** The offset of the text after the time's colon; -1 if there is no time, with or without flags before it. */
  #readTime(bytes: Buffer, from: number, end: number): number {
    let at = skipSpaces(bytes, from, end)
    const afterTime = this.#readSeconds(at)
    if (afterTime >= 0) return afterTime
    while (at < end && bytes[at] !== SPACE && bytes[at] !== OPEN) at += 1
    return bytes[at] === SPACE ? this.#readSeconds(skipSpaces(bytes, at, end)) : -1
  }

  /** `1234.567890:`, with up to nine digits behind the point; `3703500000000:` is a number of ticks. */
  #readSeconds(from: number): number {
    const { bytes, end } = this
    let seconds = 0
    let at = from
    for (; at < end && isDigit(bytes[at]!); at += 1) seconds = seconds * 10 + bytes[at]! - 0x30
    if (at > from && bytes[at] === COLON) return this.#ticked(seconds, at)
    // A comma is what some spreadsheets and languages put there.
    if (at === from || (bytes[at] !== DOT && bytes[at] !== COMMA)) return -1
    const point = at
    let fraction = 0
    for (at += 1; at < end && isDigit(bytes[at]!); at += 1) fraction = fraction * 10 + bytes[at]! - 0x30
    const digits = at - point - 1
    if (digits === 0 || digits > MAX_FRACTION || bytes[at] !== COLON) return -1
    this.time = 'seconds'
    this.seconds = seconds
    this.nanos = fraction * NANOS_OF[digits]!
    return at + 1
  }

  #ticked(ticks: number, at: number): number {
    this.time = 'ticks'
    this.seconds = ticks
    this.nanos = 0
    return at + 1
  }

  #readEvent(bytes: Buffer, from: number, end: number): boolean {
    let at = skipSpaces(bytes, from, end)
    if (bytes[at] === OPEN_ROUND && bytes[at + 1] === PLUS) {
      while (at < end && bytes[at] !== CLOSE_ROUND) at += 1
      at = skipSpaces(bytes, at + 1, end)
    }
    return this.#readName(bytes, at, end) || this.#readName(bytes, behindSystem(bytes, at, end), end)
  }

  /** The name is followed by a colon, and that by a space or nothing. */
  #readName(bytes: Buffer, start: number, end: number): boolean {
    const at = endOfName(bytes, start, end)
    if (at === start || bytes[at] !== COLON || at === end) return false
    if (at + 1 < end && bytes[at + 1] !== SPACE) return false
    this.eventStart = start
    this.eventEnd = at
    this.textStart = skipSpaces(bytes, at + 1, end)
    return true
  }
}

function endOfName(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== COLON && bytes[at] !== SPACE) at += 1
  return at
}

/** `kvm:kvm_exit:` names the system too. */
const behindSystem = (bytes: Buffer, from: number, end: number) => Math.min(endOfName(bytes, from, end) + 1, end)

function skipSpaces(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] === SPACE) at += 1
  return at
}
