import type { AnswerVerdict } from '../bench/answers/answer.ts'

/** The meaning of a colour for a figure. */
export type Tone = 'better' | 'worse' | 'doubtful'

export type Paint = (text: string, tone: Tone) => string

/** The output style: the width of a line, if it is limited, and how tones are shown. */
export type Style = { readonly width?: number | undefined; readonly paint: Paint }

export const PLAIN: Style = { paint: (text) => text }

/** Private-use characters that mark a tone until the text reaches the terminal; they have no width. */
const OPENING: Readonly<Record<Tone, string>> = {
  better: '\u{10F001}',
  worse: '\u{10F002}',
  doubtful: '\u{10F003}',
}
const CLOSING = '\u{10F000}'
const MARKS = /[\u{10F000}-\u{10F003}]/gu

export const marked: Paint = (text, tone) => (text === '' ? '' : `${OPENING[tone]}${text}${CLOSING}`)

const SEQUENCES: Readonly<Record<string, string>> = {
  [OPENING.better]: '\x1b[32m',
  [OPENING.worse]: '\x1b[31m',
  [OPENING.doubtful]: '\x1b[33m',
  [CLOSING]: '\x1b[39m',
}

/** Marks as the sequences that a terminal obeys. */
export const coloured = (text: string): string => text.replace(MARKS, (mark) => SEQUENCES[mark]!)

/** Columns that a text takes on a terminal. */
export const widthOf = (text: string): number => [...text.replace(MARKS, '')].length

export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text
export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

export const toneOf: Readonly<Record<AnswerVerdict, Tone>> = {
  yes: 'better',
  no: 'worse',
  'not-resolved': 'doubtful',
  'no-answer': 'doubtful',
}
