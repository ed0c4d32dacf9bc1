/** Sleepers are counted in all (0) and by line (the rest). */
export const SLEEPER_BUCKETS = 256

/** What the threads of one run share: the words of the protocol, and who sleeps on them. Goes through `postMessage`. */
export type Memory = {
  readonly words: Int32Array<SharedArrayBuffer>
  /** Sleepers by line, so that a store knows whether it has anybody to wake. */
  readonly sleepers: Int32Array<SharedArrayBuffer>
}

/** Zeroed memory for everything that was placed in `place`, a `Place` of either build. */
export function allocate(place: { readonly words: number }): Memory {
  return {
    words: new Int32Array(new SharedArrayBuffer(Math.max(1, place.words) * 4)),
    sleepers: new Int32Array(new SharedArrayBuffer(SLEEPER_BUCKETS * 4)),
  }
}
