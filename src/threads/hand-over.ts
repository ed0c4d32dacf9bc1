import type { Control } from './control.ts'

// How long a thread waits for the answer of another one: a cache line travels between their CPUs and back. A host that is
// virtual itself moves its CPUs: on one, the answer took 29, 55 or 230 ns, and another of the three some seconds later.

/** Each side answers on its own word and line; a third word counts the arrivals. */
const STRIDE = 32
const ARRIVED = 2
export const HAND_OVER_WORDS = 3 * STRIDE

export type HandOverPlan = {
  readonly batches: number
  /** Rounds in a batch: the clock is read between batches only, as reading it takes as long as a hand-over. */
  readonly rounds: number
  /** Whether a waiting side sleeps on its word, or spins. */
  readonly sleeps: boolean
}

/** The exchange after a run: the compiler optimises it after a few batches, so the first half is discarded. */
const AFTER_A_RUN: HandOverPlan = { batches: 24, rounds: 500, sleeps: false }
const PATIENCE_MS = 500
const NAP_MS = 20
const GONE = -1

/** Median ns of a hand-over, for each of the two sides that play it at the same time. */
export function playHandOver(words: Int32Array<SharedArrayBuffer>, side: 0 | 1, plan: HandOverPlan): number {
  const { batches, rounds, sleeps } = plan
  const samples = new Float64Array(batches)
  for (let batch = 0; batch < batches; batch += 1) {
    const began = performance.now()
    playBatch(words, side, batch * rounds, rounds, sleeps)
    samples[batch] = ((performance.now() - began) * 1e6) / rounds / 2
  }
  return samples.subarray(batches >> 1).sort()[batches >> 2]!
}

/** The same at the end of a run, if the other side joins; 0 if it does not. */
export function handOverAfterRun(words: Int32Array<SharedArrayBuffer>, side: 0 | 1, control: Control): number {
  return meet(words, control) ? playHandOver(words, side, AFTER_A_RUN) : 0
}

/** Whether both sides have arrived. A side that has waited long enough leaves, and the other then notices that. */
function meet(words: Int32Array<SharedArrayBuffer>, control: Control): boolean {
  const at = ARRIVED * STRIDE
  const deadlineMs = performance.now() + PATIENCE_MS
  if (Atomics.compareExchange(words, at, 0, 1) !== 0) {
    const isFirstHere = Atomics.compareExchange(words, at, 1, 2) === 1
    Atomics.notify(words, at)
    return isFirstHere
  }
  while (Atomics.load(words, at) === 1) {
    const isGoing = control.isAborted || performance.now() > deadlineMs
    if (isGoing && Atomics.compareExchange(words, at, 1, GONE) === 1) return false
    Atomics.wait(words, at, 1, NAP_MS)
  }
  return true
}

function playBatch(
  words: Int32Array<SharedArrayBuffer>,
  side: 0 | 1,
  played: number,
  rounds: number,
  sleeps: boolean,
): void {
  const mine = side * STRIDE
  const theirs = (1 - side) * STRIDE
  for (let round = played + 1; round <= played + rounds; round += 1) {
    if (side === 0) answer(words, theirs, round, sleeps)
    while (Atomics.load(words, mine) < round) if (sleeps) Atomics.wait(words, mine, round - 1, 100)
    if (side === 1) answer(words, theirs, round, sleeps)
  }
}

function answer(words: Int32Array<SharedArrayBuffer>, theirs: number, round: number, sleeps: boolean): void {
  Atomics.store(words, theirs, round)
  if (sleeps) Atomics.notify(words, theirs, 1)
}
