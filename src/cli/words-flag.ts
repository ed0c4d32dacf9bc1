import type { Group } from '../bench/plan.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { WORDS, type Words } from '../threads/memory.ts'

/** The effect of `--words` on the groups that run on threads. */
export function wordsOf(text: string | undefined): Pick<Group, 'words'> {
  if (text === undefined) return {}
  const words = WORDS.find((each) => each === text)
  if (words !== undefined) return { words }
  throw new FaultlineError('UNKNOWN_WORDS', 'usage', `--words is '${text}', which is not a way to access words`, {
    hint: `Write ${WORDS.map((each: Words) => `--words ${each}`).join(' or ')}.`,
  })
}

export const wordsWithoutThreads = () =>
  new FaultlineError('WORDS_OF_MODEL', 'usage', '--words applies to threads, but nothing runs on threads', {
    hint: 'Add -m threads, or leave --words out.',
  })
