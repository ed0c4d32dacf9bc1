const SPACE = 0x20
const DASH = 0x2d
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

/** How a line's time is given: in seconds, by a clock whose unit is unknown (x86-tsc, counter), or not at all. */
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
  /** Where the line begins, with whatever is printed before the task's name. */
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

  /** False if [start, end) is not the line of an event. */
  parse(bytes: Buffer, start: number, end: number): boolean {
    this.bytes = bytes
    this.start = start
    this.end = end
    for (let open = start + 1; open < end; open += 1) {
      if (bytes[open] !== OPEN || bytes[open - 1] !== SPACE) continue
      const close = this.#readCpu(open)
      if (close < 0 || !this.#readTask(start, open)) continue
      const afterTime = this.#readTime(close + 1)
      if (afterTime >= 0) return this.#readEvent(afterTime)
    }
    return false
  }

  /** Where the `]` is; -1 if there is no number in the brackets. */
  #readCpu(open: number): number {
    let cpu = 0
    let at = open + 1
    for (; at < this.end && isDigit(this.bytes[at]!); at += 1) cpu = cpu * 10 + this.bytes[at]! - 0x30
    this.cpu = cpu
    return at > open + 1 && this.bytes[at] === CLOSE ? at : -1
  }

  #readTask(start: number, open: number): boolean {
    const { bytes } = this
    let at = skipSpacesBack(bytes, open - 1, start)
    this.tgid = 0
    if (bytes[at] === CLOSE_ROUND) {
      for (let unit = 1; at > start && bytes[at] !== OPEN_ROUND; at -= 1) {
        if (!isDigit(bytes[at]!)) continue
        this.tgid += (bytes[at]! - 0x30) * unit
        unit *= 10
      }
      at = skipSpacesBack(bytes, at - 1, start)
    }
    const last = at
    let pid = 0
    for (let unit = 1; at > start && isDigit(bytes[at]!); at -= 1, unit *= 10) pid += (bytes[at]! - 0x30) * unit
    if (at === last || bytes[at] !== DASH) return false
    this.pid = pid
    this.nameEnd = at
    this.nameStart = start
    while (this.nameStart < at && bytes[this.nameStart] === SPACE) this.nameStart += 1
    return true
  }

  /** Where the text behind the time's colon begins; -1 if what follows is not a time, with or without flags before it. */
  #readTime(from: number): number {
    const first = this.#skipSpaces(from)
    const afterTime = this.#readSeconds(first)
    if (afterTime >= 0) return afterTime
    let at = first
    while (at < this.end && this.bytes[at] !== SPACE && this.bytes[at] !== OPEN) at += 1
    return this.bytes[at] === SPACE ? this.#readSeconds(this.#skipSpaces(at)) : -1
  }

  /** `1234.567890:`, with up to nine digits behind the point; `3703500000000:` is a number of ticks. */
  #readSeconds(from: number): number {
    const { bytes, end } = this
    let seconds = 0
    let at = from
    for (; at < end && isDigit(bytes[at]!); at += 1) seconds = seconds * 10 + bytes[at]! - 0x30
    if (at > from && bytes[at] === COLON) return this.#ticked(seconds, at)
    if (at === from || bytes[at] !== DOT) return -1
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

  #readEvent(from: number): boolean {
    let at = this.#skipSpaces(from)
    if (this.bytes[at] === OPEN_ROUND && this.bytes[at + 1] === PLUS) {
      while (at < this.end && this.bytes[at] !== CLOSE_ROUND) at += 1
      at = this.#skipSpaces(at + 1)
    }
    this.eventStart = at
    while (at < this.end && this.bytes[at] !== COLON && this.bytes[at] !== SPACE) at += 1
    if (at === this.eventStart || this.bytes[at] !== COLON || at === this.end) return false
    this.eventEnd = at
    this.textStart = this.#skipSpaces(at + 1)
    return true
  }

  #skipSpaces(from: number): number {
    let at = from
    while (at < this.end && this.bytes[at] === SPACE) at += 1
    return at
  }
}

function skipSpacesBack(bytes: Uint8Array, from: number, start: number): number {
  let at = from
  while (at > start && bytes[at] === SPACE) at -= 1
  return at
}
