import { visible } from '../../bench/visible.ts'

/** Characters that end a field, or a part of a name, for one reader or another: blanks, line ends, and characters without width. */
const BLANK = /[\s\p{C}\p{Z}]+/gu

/** One word of a line that is split at blanks. */
export const word = (text: string): string => text.replace(BLANK, '_') || '_'

/** A field of a line that is split at commas and blanks. */
export const field = (text: string): string => word(text).replaceAll(',', '_')

/** The rest of a line, escaped. */
export const rest = (text: string): string => visible(text).trim()

/** A part of a name in Go's grammar, which a slash would end. */
export const part = (text: string): string => word(text).replaceAll('/', '_')

/** Text that a spreadsheet would compute instead of showing it. */
const FORMULA = /^\s*[=+\-@\t\r|]/
const NUMBER = /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/

/** RFC 4180: quoted where a comma, a quote or the end of a line would be misread; and a text stays a text. */
export function csvCell(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value)
  const text = visible(value ?? '')
  const plain = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** Makes the names of a list distinct: the second of the same name is `name (2)`. */
export function distinct(names: readonly string[], mark: (name: string, again: number) => string): string[] {
  const taken = new Set<string>()
  const counts = new Map<string, number>()
  return names.map((name) => {
    let own = name
    let again = counts.get(name) ?? 1
    while (taken.has(own)) {
      again += 1
      own = mark(name, again)
    }
    counts.set(name, again)
    taken.add(own)
    return own
  })
}
