/**
 * Characters that a terminal obeys instead of showing, or shows as nothing: control characters, marks that change the
 * direction of writing, join or hide letters, tags, and line ends that only some programs see. The newline is kept, and
 * the zero-width space with which our own Markdown separates words.
 */
const OBEYED = /(?![\t\n\u200b])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const BESIDES = /[\t\n\u200b]/g

/** As JSON writes them, so that JSON with them replaced is the same JSON. */
const written = (sign: string): string =>
  Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')

/** Text of several lines as a terminal may show it. */
export const visibleLines = (text: string): string => text.replace(OBEYED, written)

/** Makes a name, or other text within one line, visible. */
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
