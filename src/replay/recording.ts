import type { Step } from './clock.ts'
import { EVENTS } from './events.ts'
import { LineReader } from './line-reader.ts'
import { MAX_LINE } from './lines.ts'
import { MAX_NAMES, Names } from './names.ts'
import { Observed } from './observed.ts'
import { isProbe, ProbeCounts, type Probed, probeIn } from './probes.ts'
import { newRemarks, type Remarks, readRemark } from './remarks.ts'
import { Repeats } from './repeats.ts'
import type { TraceLine } from './trace-line.ts'

/** The number of lines that are kept of those not understood. */
const KEPT = 5
const READERS = Object.values(EVENTS)
const LONGEST_LINE = 2000
/** Some editors begin a text with it. */
const MARK = Buffer.from('\ufeff')
const hasMark = (bytes: Buffer, from: number, end: number) =>
  end - from >= MARK.length && bytes.subarray(from, from + MARK.length).equals(MARK)

/** perf script puts `VM:4100  VCPU:001` before lines that a guest recorded. */
const GUEST = /^VM:\s*\d+/
const isOfGuest = ({ bytes, nameStart, nameEnd }: TraceLine) =>
  bytes[nameStart] === 0x56 && bytes[nameStart + 1] === 0x4d && GUEST.test(bytes.toString('latin1', nameStart, nameEnd))
const vmOfPerf = ({ bytes, nameStart, nameEnd }: TraceLine) =>
  GUEST.exec(bytes.toString('latin1', nameStart, nameEnd))![0]

export type RecordingOptions = {
  /** Whether single faults are kept, for a replay. */
  readonly keepStreams: boolean
  readonly only?: Only
  /** Gfns that are known to be no memory. */
  readonly devices?: ReadonlySet<number>
  /** The length of a tick, if times are in ticks. */
  readonly tickNs?: number
  /** Probes that replace tracepoints that an earlier reading has not found. */
  readonly probed?: Probed | undefined
}

/** A header of ftrace behind events: its line, and how long before the next event the one before it was. */
export type Part = { readonly line: number; readonly pauseNs: number }

export type KeptLine = { readonly number: number; readonly text: string }

/** The selected VM of several in one trace: events of its tasks, and ranges of its memory. */
export type Only = {
  readonly keepsTask: (pid: number) => boolean
  readonly keepsRange: (pid: number, startPage: number, endPage: number) => boolean
}

/**
 * The content of a trace, line by line. Its size depends on the number of tasks, invalidations and waits; for a replay
 * also on the number of faults and waits: some 64 bytes each.
 */
export class Recording extends Observed {
  readonly remarks: Remarks = newRemarks()
  lines = 0
  notUnderstood = 0
  /** Those among them whose event is known, but not its text: by event. */
  readonly unread = new Map<string, number>()
  /** The first lines that were not understood. */
  readonly firstLines: KeptLine[] = []
  /** Events of probes, whose text is what their author asked for. */
  readonly probes = new ProbeCounts()
  readonly probed: Probed
  /** The last line has no end, and is shorter than a whole one of its event. */
  isCut = false
  readonly parts: Part[] = []
  readonly repeats = new Repeats()
  /** The header that no event has followed yet; 0 if there is none. */
  #header = 0
  /** Set if the lines were sorted: where time had gone back first. */
  sortedBecause: Step | undefined
  /** Lines of files that are not the host's, by name. */
  readonly leftOut = new Map<string, number>()
  readonly #events = new Names(Object.keys(EVENTS))
  readonly #counts = new Float64Array(MAX_NAMES)
  readonly #shortest = new Uint32Array(MAX_NAMES).fill(MAX_LINE)
  readonly #reader: LineReader
  readonly #only: Only | undefined

  constructor({ keepStreams, only, devices, tickNs, probed = {} }: RecordingOptions) {
    super(keepStreams, devices)
    this.probed = probed
    this.#reader = new LineReader(tickNs)
    this.#only = only
    this.keepsRange = only?.keepsRange
  }

  /** Takes in one line of the trace. */
  take(bytes: Buffer, from: number, end: number): void {
    this.lines += 1
    const start = this.lines === 1 && hasMark(bytes, from, end) ? from + MARK.length : from
    if (start === end) return
    if (!this.#reader.read(bytes, start, end)) {
      this.#remark(bytes, start, end)
      return
    }
    // No event's line is so long: it is many lines whose ends were lost.
    if (end - start > LONGEST_LINE) {
      this.#misunderstood(bytes, start, end)
      return
    }
    const { line } = this.#reader
    if (isOfGuest(line)) {
      this.lines -= 1
      this.leaveOut(vmOfPerf(line))
      return
    }
    if (this.#only !== undefined && !this.#only.keepsTask(line.pid)) return
    this.repeats.see(line)
    const beforeNs = this.atNs
    const atNs = this.clock.nsOf(line, this.lines)
    if (Number.isNaN(atNs)) {
      this.#misunderstood(bytes, start, end)
      return
    }
    if (this.#header > 0) this.#beginPart(atNs - beforeNs)
    this.atNs = atNs
    const event = this.#events.idOf(line.bytes, line.eventStart, line.eventEnd)
    this.#counts[event]! += 1
    const length = line.end - line.textStart
    if (length < this.#shortest[event]!) this.#shortest[event] = length
    const read = READERS[event]
    if (read === undefined) {
      if (isProbe(line)) this.#probe(line)
      return
    }
    if (read(line, this)) return
    const name = this.#events.nameOf(event)
    this.unread.set(name, (this.unread.get(name) ?? 0) + 1)
    this.#misunderstood(bytes, start, end)
  }

  /** The last line, which has no end: it counts if it is not shorter than every other of its event. */
  takeUnended(bytes: Buffer, start: number, end: number): void {
    if (this.#reader.read(bytes, start, end) && this.#isWhole(this.#reader.line)) {
      const before = this.notUnderstood
      this.take(bytes, start, end)
      this.isCut = this.notUnderstood > before
      return
    }
    const remarks = newRemarks()
    const isRemark = readRemark(bytes.toString('latin1', start, end), remarks) !== undefined
    if (isRemark || this.lines === 0) this.take(bytes, start, end)
    else {
      this.lines += 1
      this.isCut = true
    }
  }

  leaveOut(file: string): void {
    this.lines += 1
    this.leftOut.set(file, (this.leftOut.get(file) ?? 0) + 1)
  }

  finish(): void {
    this.settleAll()
  }

  /** The count of each event, most frequent first. */
  get events(): readonly { readonly name: string; readonly count: number }[] {
    return Array.from(this.#counts.subarray(0, this.#events.count), (count, event) => ({
      name: this.#events.nameOf(event),
      count,
    }))
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.count - a.count)
  }

  countOf(event: string): number {
    return this.events.find(({ name }) => name === event)?.count ?? 0
  }

  #probe(line: TraceLine): void {
    const probe = probeIn(line)
    this.probes.saw(probe)
    if (probe?.kind === 'fault' && probe.of === this.probed.fault) this.pageFault(line, probe.gfn, probe.fault)
    if (probe?.kind === 'range' && probe.of === this.probed.range) this.unmap(line, probe.start, probe.end)
  }

  #isWhole({ bytes, eventStart, eventEnd, textStart, end }: TraceLine): boolean {
    const event = this.#events.idOf(bytes, eventStart, eventEnd)
    return this.#counts[event] === 0 || end - textStart >= this.#shortest[event]!
  }

  /** The first header is followed by the first event. */
  #beginPart(pauseNs: number): void {
    if (this.clock.isRunning) this.parts.push({ line: this.#header, pauseNs })
    this.#header = 0
  }

  #remark(bytes: Buffer, start: number, end: number): void {
    const { headers } = this.remarks
    const remark = readRemark(bytes.toString('latin1', start, end), this.remarks)
    if (remark === undefined) this.#misunderstood(bytes, start, end)
    if (this.remarks.headers > headers && this.#header === 0) this.#header = this.lines
    if (remark === 'gap') for (const task of this.tasks.all) task.waits.forget()
  }

  #misunderstood(bytes: Buffer, start: number, end: number): void {
    this.notUnderstood += 1
    if (this.firstLines.length >= KEPT) return
    this.firstLines.push({
      number: this.lines,
      text: bytes.toString('utf8', start, Math.min(end, start + 120)).trimEnd(),
    })
  }
}
