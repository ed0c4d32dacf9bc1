import type { Group } from '../bench/plan.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { WORDS, type Words } from '../threads/memory.ts'

/**
 * What a group on threads accesses shared words with: `wasm`, unless `--words` says otherwise. A user's patch runs on `atomics`: its lock may be
 * one that cannot be compiled, and would be compared with locks that are.
 */
export function wordsOf(text: string | undefined, { variants }: Pick<Group, 'variants'>): Words {
  if (text === undefined) return variants.some(({ patch }) => patch !== undefined) ? 'atomics' : 'wasm'
  const words = WORDS.find((each) => each === text)
  if (words !== undefined) return words
  throw new FaultlineError('UNKNOWN_WORDS', 'usage', `--words is '${text}', which is not a way to access words`, {
    hint: `Write ${WORDS.map((each: Words) => `--words ${each}`).join(' or ')}.`,
  })
}

export const wordsWithoutThreads = () =>
  new FaultlineError('WORDS_OF_MODEL', 'usage', '--words applies to threads, but nothing runs on threads', {
    hint: 'Add -m threads, or leave --words out.',
  })
