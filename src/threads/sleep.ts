import type { Word } from '../shared-memory/cpu.ts'
import { WORDS_PER_LINE } from '../shared-memory/place.ts'
import { type Control, RunAborted } from './control.ts'
import { type Memory, SLEEPER_BUCKETS } from './memory.ts'

/** A sleeper looks again after this long even if no thread woke it, and learns of a run that was aborted. */
export const NAP_MS = 20

/** The counter for the sleepers on a word's line; 0 counts all sleepers. */
const bucketOf = (word: Word) => 1 + (Math.floor(word / WORDS_PER_LINE) % (SLEEPER_BUCKETS - 1))

/** Wakes the threads that sleep on a word that has changed. */
export function wakeSleepers({ words, sleepers }: Memory, word: Word): void {
  if (sleepers[bucketOf(word)] !== 0) Atomics.notify(words, word)
}

/** Sleeps until the bits of `mask` in a word are as is wanted, and returns the word. */
export function sleep(memory: Memory, word: Word, mask: number, want: number, control: Control | undefined): number {
  const { words, sleepers } = memory
  const bucket = bucketOf(word)
  // The line before the total, as a CPU that changes a word looks at the total first.
  Atomics.add(sleepers, bucket, 1)
  Atomics.add(sleepers, 0, 1)
  let seen: number
  for (;;) {
    // After we are counted: a thread that changes the word from here on sees us. Pairs with the looks at the sleepers.
    seen = Atomics.load(words, word)
    if ((seen & mask) === want || control?.isAborted) break
    Atomics.wait(words, word, seen, NAP_MS)
  }
  Atomics.sub(sleepers, 0, 1)
  Atomics.sub(sleepers, bucket, 1)
  if ((seen & mask) !== want) throw new RunAborted()
  return seen
}
