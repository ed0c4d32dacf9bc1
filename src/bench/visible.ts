/**
 * What a terminal obeys instead of showing, or shows as nothing: control characters, marks that turn the direction of writing, join
 * or hide letters, tags, and ends of lines that only some programs see. Not the end of a line, and not a space without a width,
 * by which our own Markdown keeps words apart.
 */
const OBEYED = /(?![\t\n\u200b])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const BESIDES = /[\t\n\u200b]/g

/** As JSON writes them, so that JSON with them replaced is the same JSON. */
const written = (sign: string): string =>
  Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')

/** Text of several lines as a terminal may show it. */
export const visibleLines = (text: string): string => text.replace(OBEYED, written)

/** A name, or anything else that stands in one line. */
export const visible = (text: string): string => visibleLines(text).replace(BESIDES, written)

/** Fields whose texts have lines. */
const OF_LINES = ['splats', 'patch']

/** A value read from a file, with all names and texts in it as they may be shown. */
export function tamed<T>(value: T): T {
  return tame(value, false) as T
}

function tame(value: unknown, hasLines: boolean): unknown {
  if (typeof value === 'string') return hasLines ? visibleLines(value) : visible(value)
  if (Array.isArray(value)) return value.map((item) => tame(item, hasLines))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [visible(name), tame(item, hasLines || OF_LINES.includes(name))]),
  )
}
