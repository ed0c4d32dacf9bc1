/**
 * Significant digits and range of hdr-histogram-js's `Int32Histogram(1, 4e12, 3)`, whose bucket layout this is: more
 * than an hour, because a model may take minutes of machine time.
 */
export const HIGHEST_NS = 4e12
export const BUCKETS = 33_792

/** Exact companions of a histogram, which itself knows bucket edges only. */
const COUNT = 0
const TOTAL = 1
const MIN = 2
const MAX = 3
const EXACT = 4

/** Fields of the statistics of a lock's side. */
const ACQUISITIONS = 0
const CONTENDED = 1
const WAIT_TOTAL = 2
const WAIT_MIN = 3
const WAIT_MAX = 4
const HOLD_TOTAL = 5
const HOLD_MAX = 6
const HOLDS = 7
const LOCK_FIELDS = 8

/** Words of each oracle: how often it was violated, and the value of the first time. */
const VIOLATION = 2

/** The size of a run's records. */
export type Shape = {
  readonly cpus: number
  readonly counters: number
  readonly histograms: number
  readonly locks: number
  readonly oracles: number
  /** True: all CPUs record into the histograms of the first, for a machine that is one thread; else each has its own. */
  readonly hasOneHistogram?: boolean
  /** Locks whose waits and holds are kept as histograms too, by side; -1: that one is not. */
  readonly timedLocks?: readonly {
    readonly lock: number
    readonly waits: readonly [read: number, write: number]
    readonly holds: readonly [read: number, write: number]
  }[]
}

/** The histograms for the waits and for the holds of each lock and side; -1: none. */
type TimedLocks = { readonly waits: Int16Array; readonly holds: Int16Array }

export type LockRecord = {
  readonly acquisitions: number
  readonly contended: number
  readonly waitTotalNs: number
  readonly waitMinNs: number
  readonly waitMaxNs: number
  readonly holdTotalNs: number
  readonly holdMaxNs: number
  /** The number of timed holds. */
  readonly holds: number
}

/** Bucket of `ns` (an integer, 0 to HIGHEST_NS): the package's `countsArrayIndex`, in two integer operations. */
export function bucketOf(ns: number): number {
  if (ns < 2048) return ns
  if (ns < 4_294_967_296) {
    const shift = 21 - Math.clz32(ns)
    return (shift << 10) + (ns >>> shift)
  }
  const shift = 53 - Math.clz32(ns / 4_294_967_296)
  return (shift << 10) + Math.floor(ns / 2 ** shift)
}

/** The value as it is recorded. */
export const withinRange = (ns: number) => (ns < 0 ? 0 : ns > HIGHEST_NS ? HIGHEST_NS : Math.round(ns))

const padded = (words: number) => Math.ceil(words / 32) * 32

/** `ArrayBuffer`, or what threads share. */
type Allocator<Buffer extends ArrayBufferLike> = new (bytes: number) => Buffer

/** Memory of records: a buffer, or the part of one in which the counts lie. */
export type RecordBuffer<Buffer extends ArrayBufferLike = ArrayBufferLike> = Buffer | Int32Array<Buffer>

/** Where the statistics of a lock's side begin, behind the beginning of those of a CPU's locks. */
const sideAt = (lock: number, side: number) => (lock * 2 + side) * LOCK_FIELDS

/** An acquisition of a CPU the statistics of whose locks begin at `from`: see locksAt(). */
export function countAcquisition(locks: Float64Array, from: number, lock: number, side: number): void {
  locks[from + sideAt(lock, side) + ACQUISITIONS]! += 1
}

export function countContention(locks: Float64Array, from: number, lock: number, side: number): void {
  locks[from + sideAt(lock, side) + CONTENDED]! += 1
}

/** The records of a run, one part for each CPU, in shared memory if the threads share it. */
export class Records {
  readonly shape: Shape
  readonly counts: Int32Array
  readonly buckets: Uint32Array
  readonly exact: Float64Array
  readonly #parts: (CpuRecords | undefined)[]
  readonly #timed: TimedLocks

  constructor(shape: Shape, buffers: readonly RecordBuffer[]) {
    const [counts, buckets, exact] = buffers as [RecordBuffer, ArrayBufferLike, ArrayBufferLike]
    this.shape = shape
    this.counts = ArrayBuffer.isView(counts) ? counts : new Int32Array(counts)
    this.buckets = new Uint32Array(buckets)
    this.exact = new Float64Array(exact)
    this.#parts = new Array(shape.cpus).fill(undefined)
    this.#timed = { waits: histogramsOf(shape, 'waits'), holds: histogramsOf(shape, 'holds') }
  }

  /** How many words the counts of all CPUs take. */
  static countWords(shape: Shape): number {
    return shape.cpus * countsStride(shape)
  }

  /** `counts`: where they are to lie, if it is not to be a buffer of their own. */
  static buffers<Buffer extends ArrayBufferLike>(
    shape: Shape,
    Memory: Allocator<Buffer>,
    counts?: Int32Array<Buffer>,
  ): RecordBuffer<Buffer>[] {
    const { cpus, histograms } = shape
    return [
      counts ?? new Memory(Records.countWords(shape) * 4),
      new Memory(histogramCpus(shape) * histograms * BUCKETS * 4),
      new Memory(cpus * exactStride(shape) * 8),
    ]
  }

  /** Where the counters of a CPU begin among the counts. */
  countersAt(cpu: number): number {
    return cpu * countsStride(this.shape)
  }

  /** Where the statistics of a CPU's locks begin among the exact numbers. */
  locksAt(cpu: number): number {
    return cpu * exactStride(this.shape) + this.shape.histograms * EXACT
  }

  /** The part in whose histograms a CPU records. */
  recorderOf(cpu: number): CpuRecords {
    return this.of(cpu % histogramCpus(this.shape))
  }

  /** The part of one CPU. */
  of(cpu: number): CpuRecords {
    this.#parts[cpu] ??= this.#partOf(cpu)
    return this.#parts[cpu]
  }

  #partOf(cpu: number): CpuRecords {
    const { histograms } = this.shape
    const counts = countsStride(this.shape)
    const exact = exactStride(this.shape)
    const first = cpu % histogramCpus(this.shape)
    const shared = first === cpu ? undefined : this.of(first)
    return new CpuRecords(
      this.shape,
      this.#timed,
      this.counts.subarray(cpu * counts, (cpu + 1) * counts),
      shared?.buckets ?? this.buckets.subarray(first * histograms * BUCKETS, (first + 1) * histograms * BUCKETS),
      shared?.exact ?? this.exact.subarray(first * exact, first * exact + histograms * EXACT),
      this.exact.subarray(cpu * exact + histograms * EXACT, (cpu + 1) * exact),
    )
  }

  /** A histogram of each CPU that has any. */
  histograms(histogram: number): HistogramRecord[] {
    return Array.from({ length: histogramCpus(this.shape) }, (_, cpu) => this.of(cpu).histogram(histogram))
  }
}

export type HistogramRecord = {
  readonly buckets: Uint32Array
  readonly count: number
  readonly total: number
  readonly min: number
  readonly max: number
}

const histogramCpus = ({ cpus, hasOneHistogram }: Shape) => (hasOneHistogram ? 1 : cpus)

const countsStride = (shape: Shape) => padded(shape.counters) + padded(shape.oracles * VIOLATION)
const exactStride = (shape: Shape) => padded(shape.histograms * EXACT + shape.locks * 2 * LOCK_FIELDS)

/** The records of one CPU: plain additions to memory that only this CPU writes; others read it live or afterwards. */
export class CpuRecords {
  /** The number of locks that fit. */
  readonly locks: number
  readonly counters: Int32Array
  readonly #oracles: Int32Array
  /** The buckets of all histograms; `exact` has the exact count, sum, minimum and maximum. */
  readonly buckets: Uint32Array
  readonly exact: Float64Array
  readonly #locks: Float64Array
  readonly #timed: TimedLocks

  constructor(
    shape: Shape,
    timed: TimedLocks,
    counts: Int32Array,
    buckets: Uint32Array,
    exact: Float64Array,
    locks: Float64Array,
  ) {
    this.locks = shape.locks
    this.counters = counts.subarray(0, shape.counters)
    this.#oracles = counts.subarray(padded(shape.counters))
    this.buckets = buckets
    this.exact = exact
    this.#timed = timed
    this.#locks = locks
  }

  /** Private memory for events outside the measured window: of the same kind, so that both run the same code. */
  static scratch<Buffer extends ArrayBufferLike = ArrayBuffer>(
    shape: Shape,
    Memory: Allocator<Buffer> = ArrayBuffer as never,
    counts?: Int32Array<Buffer>,
  ): CpuRecords {
    const single = { ...shape, cpus: 1 }
    return new Records(single, Records.buffers(single, Memory, counts)).of(0)
  }

  record(histogram: number, ns: number): void {
    this.buckets[histogram * BUCKETS + bucketOf(withinRange(ns))]! += 1
    const at = histogram * EXACT
    const exact = this.exact
    exact[at + TOTAL]! += ns
    if (exact[at + COUNT] === 0 || ns < exact[at + MIN]!) exact[at + MIN] = ns
    if (ns > exact[at + MAX]!) exact[at + MAX] = ns
    exact[at + COUNT]! += 1
  }

  histogram(histogram: number): HistogramRecord {
    const at = histogram * EXACT
    return {
      buckets: this.buckets.subarray(histogram * BUCKETS, (histogram + 1) * BUCKETS),
      count: this.exact[at + COUNT]!,
      total: this.exact[at + TOTAL]!,
      min: this.exact[at + MIN]!,
      max: this.exact[at + MAX]!,
    }
  }

  acquired(lock: number, side: number, times = 1): void {
    this.#locks[(lock * 2 + side) * LOCK_FIELDS + ACQUISITIONS]! += times
  }

  contended(lock: number, side: number): void {
    this.#locks[(lock * 2 + side) * LOCK_FIELDS + CONTENDED]! += 1
  }

  waited(lock: number, side: number, ns: number): void {
    this.waitedIn(this.#locks, 0, lock, side, ns)
  }

  held(lock: number, side: number, ns: number): void {
    this.heldIn(this.#locks, 0, lock, side, ns)
  }

  /** The same for a CPU that records in these histograms, and the statistics of whose locks begin there: see locksAt(). */
  waitedIn(locks: Float64Array, from: number, lock: number, side: number, ns: number): void {
    const histogram = this.#timed.waits[lock * 2 + side]!
    if (histogram >= 0) this.record(histogram, ns)
    const at = from + sideAt(lock, side)
    locks[at + WAIT_TOTAL]! += ns
    if (locks[at + WAIT_MIN] === 0 || ns < locks[at + WAIT_MIN]!) locks[at + WAIT_MIN] = ns
    if (ns > locks[at + WAIT_MAX]!) locks[at + WAIT_MAX] = ns
  }

  heldIn(locks: Float64Array, from: number, lock: number, side: number, ns: number): void {
    const histogram = this.#timed.holds[lock * 2 + side]!
    if (histogram >= 0) this.record(histogram, ns)
    const at = from + sideAt(lock, side)
    locks[at + HOLD_TOTAL]! += ns
    locks[at + HOLDS]! += 1
    if (ns > locks[at + HOLD_MAX]!) locks[at + HOLD_MAX] = ns
  }

  lock(lock: number, side: number): LockRecord {
    const at = (lock * 2 + side) * LOCK_FIELDS
    const field = (index: number) => this.#locks[at + index]!
    return {
      acquisitions: field(ACQUISITIONS),
      contended: field(CONTENDED),
      waitTotalNs: field(WAIT_TOTAL),
      waitMinNs: field(WAIT_MIN),
      waitMaxNs: field(WAIT_MAX),
      holdTotalNs: field(HOLD_TOTAL),
      holdMaxNs: field(HOLD_MAX),
      holds: field(HOLDS),
    }
  }

  violation(oracle: number, value: number): void {
    const at = oracle * VIOLATION
    if (this.#oracles[at] === 0) this.#oracles[at + 1] = value
    this.#oracles[at]! += 1
  }

  /** How often the oracle was violated, and the value of the first violation. */
  violations(oracle: number): { count: number; value: number } {
    const at = oracle * VIOLATION
    return { count: this.#oracles[at]!, value: this.#oracles[at + 1]! }
  }
}

function histogramsOf({ locks, timedLocks = [] }: Shape, of: 'waits' | 'holds'): Int16Array {
  const histograms = new Int16Array(locks * 2).fill(-1)
  for (const timed of timedLocks) histograms.set(timed[of], timed.lock * 2)
  return histograms
}
