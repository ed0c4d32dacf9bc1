import { shellWord } from '../../errors/shell-word.ts'

/** The words of a command as one types them in a shell. */
export function commandText(words: readonly string[]): string {
  return ['npx faultline', ...words.map(shellWord)].join(' ')
}
