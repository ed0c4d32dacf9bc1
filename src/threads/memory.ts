import { WORDS_PER_LINE } from '../shared-memory/place.ts'
import { CONTROL_WORDS } from './control.ts'
import { standingWords } from './status.ts'
import { type WasmMemory, wasmMemoryOf } from './wasm/memory.ts'

/** Sleepers are counted in all (0) and by line (the rest). */
export const SLEEPER_BUCKETS = 256

/**
 * The implementation of operations on shared words: `Atomics` called from JavaScript, or instructions of WebAssembly, to
 * which the locks are compiled too.
 */
export const WORDS = ['atomics', 'wasm'] as const
export type Words = (typeof WORDS)[number]

/**
 * The memory shared by the threads of one run: the words of the protocol, the number of threads that sleep on them, and the
 * state of each CPU. Can be sent with `postMessage`.
 */
export type Memory = {
  readonly words: Int32Array<SharedArrayBuffer>
  /** Sleepers by line, so that a store knows whether it has a thread to wake. */
  readonly sleepers: Int32Array<SharedArrayBuffer>
  /** Where each CPU stands: see Status. */
  readonly standings: Int32Array<SharedArrayBuffer>
  /** The counts of the records of a run, and after them what each CPU has to itself: see ownWords(). */
  readonly counts?: Int32Array<SharedArrayBuffer>
  readonly own?: Int32Array<SharedArrayBuffer>
  /** The words that control a run, where compiled code can reach them: see Control. */
  readonly control?: Int32Array<SharedArrayBuffer>
  /** The memory in which all of them lie, if it is WebAssembly's. */
  readonly wasm?: WasmMemory
}

/**
 * Zeroed memory for everything that was placed in `place`, a `Place` of either build, and for the standing of the CPUs of a run. WebAssembly's has
 * room for this many counts too.
 */
export function allocate(place: { readonly words: number }, kind: Words = 'atomics', cpus = 0, counts = 0): Memory {
  const count = Math.max(1, place.words)
  if (kind === 'wasm') return inWasm(count, cpus, counts)
  return {
    words: new Int32Array(new SharedArrayBuffer(count * 4)),
    sleepers: new Int32Array(new SharedArrayBuffer(SLEEPER_BUCKETS * 4)),
    standings: new Int32Array(new SharedArrayBuffer(standingWords(cpus) * 4)),
  }
}

const wholeLines = (words: number): number => Math.ceil(words / WORDS_PER_LINE) * WORDS_PER_LINE

function inWasm(count: number, cpus: number, counts: number): Memory {
  const lengths = [count, SLEEPER_BUCKETS, standingWords(cpus), counts, cpus * OWN_WORDS, CONTROL_WORDS]
  const parts = lengths.map((length) => ({ length }))
  let word = 0
  const places = parts.map(({ length }) => {
    const at = word
    word += wholeLines(length)
    return { at, length }
  })
  const wasm = wasmMemoryOf(word)
  const [words, sleepers, standings, counted, own, control] = places.map(({ at, length }) => {
    return new Int32Array(wasm.buffer, at * 4, length)
  }) as [Part, Part, Part, Part, Part, Part]
  return { words, sleepers, standings, counts: counted, own, control, wasm }
}

type Part = Int32Array<SharedArrayBuffer>

/**
 * The memory that one CPU has to itself:
 *
 *   counters    the address of the counters that count now, which are those of the records of a run, or follow
 *   unmeasured  counters outside of the measured window, or of a CPU of no run
 *   holds       which holds of locks are timed, if there are not too many locks: see HoldWords
 *   slots       what changes in the objects that compiled code works on: fields of a VM, a TLB of 2048 entries
 */
const OWN_WORDS = 12_288
const COUNTERS = 0
const UNMEASURED = 32
const HOLDS = 832
const SLOTS = 1024
/** Locks and sides whose holds compiled code passes over by itself. */
const HOLD_PLACES = 64
const [UNTIMED, CHOSEN, IS_TIMED] = [HOLDS, HOLDS + HOLD_PLACES, HOLDS + 2 * HOLD_PLACES]

/**
 * By lock and side: how many of the next holds are not timed, how many these were when they were last counted, and whether
 * the present hold is timed.
 */
export type HoldWords = { readonly untimed: Int32Array; readonly chosen: Int32Array; readonly isTimed: Int32Array }

export type OwnMemory = {
  /** Where the address of the counters is, as a word. */
  readonly countersWord: number
  /** How many counters there may be. */
  readonly counters: number
  readonly slots: { readonly word: number; readonly words: number }
  readonly holds: OwnHolds
}

/** Where the words of the holds begin, each for so many locks and sides: see HoldWords. */
export type OwnHolds = { readonly untimedWord: number; readonly isTimedWord: number; readonly places: number }

/** The memory of a CPU that no other looks at, by words; undefined for a CPU of no run. `counters`: how many its records have. */
export function ownMemory({ own }: Memory, cpu: number, counters: number = HOLDS - UNMEASURED): OwnMemory | undefined {
  if (own === undefined || (cpu + 1) * OWN_WORDS > own.length) return undefined
  const first = own.byteOffset / 4 + cpu * OWN_WORDS
  return {
    countersWord: first + COUNTERS,
    counters: Math.min(counters, HOLDS - UNMEASURED),
    slots: { word: first + SLOTS, words: OWN_WORDS - SLOTS },
    holds: { untimedWord: first + UNTIMED, isTimedWord: first + IS_TIMED, places: HOLD_PLACES },
  }
}

/** The words of the holds of a CPU that has so many locks: compiled code knows them, or it is told that each hold is timed. */
export function holdWords({ own }: Memory, cpu: number, locks: number): HoldWords {
  const places = locks * 2
  const isKnown = own !== undefined && (cpu + 1) * OWN_WORDS <= own.length
  const part = (word: number) => own!.subarray(cpu * OWN_WORDS + word, cpu * OWN_WORDS + word + HOLD_PLACES)
  if (isKnown && places <= HOLD_PLACES) {
    return { untimed: part(UNTIMED), chosen: part(CHOSEN), isTimed: part(IS_TIMED) }
  }
  if (isKnown) part(IS_TIMED).fill(1)
  return { untimed: new Int32Array(places), chosen: new Int32Array(places), isTimed: new Int32Array(places) }
}

/** Counters of a CPU outside of the measured window, where compiled code can reach them. */
export function unmeasuredCounts({ own }: Memory, cpu: number): Int32Array<SharedArrayBuffer> | undefined {
  return own?.subarray(cpu * OWN_WORDS + UNMEASURED, cpu * OWN_WORDS + HOLDS)
}

/** From now on compiled code of this CPU counts here, if it lies in its memory. */
export function countIn({ own, wasm }: Memory, cpu: number, counters: Int32Array): void {
  if (own === undefined || wasm === undefined || (cpu + 1) * OWN_WORDS > own.length) return
  const isReached = counters.buffer === wasm.buffer
  own[cpu * OWN_WORDS + COUNTERS] = isReached
    ? counters.byteOffset
    : own.byteOffset + (cpu * OWN_WORDS + UNMEASURED) * 4
}
