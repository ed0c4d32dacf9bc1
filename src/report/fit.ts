import { widthOf } from './tones.ts'

/** The indentation of a wrapped line, so that a reader sees where the next one begins. */
const HANGING = 2

/** Breaks lines that are wider than the terminal between words, never inside one; without a width the text stays. */
export function fit(text: string, width: number | undefined): string {
  if (width === undefined) return text
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= width ? line : wrapped(line, width).join('\n')))
    .join('\n')
}

/** One line as several; what does not fit even alone stays whole. */
export function wrapped(line: string, width: number, hanging = indentOf(line) + HANGING): string[] {
  const indent = ' '.repeat(Math.min(hanging, Math.max(0, width - HANGING)))
  const lines: string[] = []
  let current = line.slice(0, indentOf(line))
  let isEmpty = true
  for (const { gap, word } of wordsOf(line.trimStart())) {
    const joined = isEmpty ? current + word : `${current}${gap}${word}`
    if (isEmpty || widthOf(joined) <= width) current = joined
    else {
      lines.push(current)
      current = indent + word
    }
    isEmpty = false
  }
  return [...lines, current]
}

/** As much of a line as fits, with a mark if it is cut. */
export const cutTo = (line: string, width: number): string =>
  widthOf(line) <= width ? line : `${[...line].slice(0, width - 1).join('')}…`

const indentOf = (line: string) => line.length - line.trimStart().length

/** A figure and its unit are one word. */
const WORDS = /( *)((?:[^ ]|(?<=\d) (?=(?:%|[num]?s)[).,;:\]]*(?: |$)))+)/g

const wordsOf = (text: string) => [...text.matchAll(WORDS)].map(([, gap, word]) => ({ gap: gap!, word: word! }))
