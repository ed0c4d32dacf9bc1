import { WORDS_PER_LINE } from '../shared-memory/place.ts'
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
  /** The memory in which all of them lie, if it is WebAssembly's. */
  readonly wasm?: WasmMemory
}

/** Zeroed memory for everything that was placed in `place`, a `Place` of either build, and for the standing of the CPUs of a run. */
export function allocate(place: { readonly words: number }, kind: Words = 'atomics', cpus = 0): Memory {
  const count = Math.max(1, place.words)
  if (kind === 'wasm') return inWasm(count, cpus)
  return {
    words: new Int32Array(new SharedArrayBuffer(count * 4)),
    sleepers: new Int32Array(new SharedArrayBuffer(SLEEPER_BUCKETS * 4)),
    standings: new Int32Array(new SharedArrayBuffer(standingWords(cpus) * 4)),
  }
}

function inWasm(count: number, cpus: number): Memory {
  const after = Math.ceil(count / WORDS_PER_LINE) * WORDS_PER_LINE
  const wasm = wasmMemoryOf(after + SLEEPER_BUCKETS + standingWords(cpus))
  return {
    words: new Int32Array(wasm.buffer, 0, count),
    sleepers: new Int32Array(wasm.buffer, after * 4, SLEEPER_BUCKETS),
    standings: new Int32Array(wasm.buffer, (after + SLEEPER_BUCKETS) * 4, standingWords(cpus)),
    wasm,
  }
}
