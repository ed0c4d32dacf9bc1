const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  nbsp: ' ',
  quot: '"',
  apos: "'",
  ndash: '-',
  mdash: '--',
}
const ENTITY = /&(?:#(\d{1,4})|#[xX]([\dA-Fa-f]{1,4})|(lt|gt|amp|nbsp|quot|apos|ndash|mdash));/g
const NO_WIDTH = /[\u200b-\u200d\u2060]/g
const SPACES = /[\u00a0\u2000-\u200a\u202f\t]/g
/** The dashes that an editor makes of `--`. */
const LONG_DASH = /[\u2012-\u2015]/g

/** Markup on a web page; `<...>` and `<idle>` are names of tasks. */
const TAG = /<\/?(?:a|b|i|u|em|strong|mark|span|font|code|tt|kbd|pre|div|p|li|td|tr|body|html)(?:\s[^<>]*)?>/gi
/** Ends a line on a web page. */
export const LINE_END = /<br\s*\/?>|<\/(?:div|p|li|tr)>/gi

/** Text as it was before it was put on a web page. */
export const unescaped = (text: string): string =>
  text.includes('&')
    ? text.replace(ENTITY, (_, decimal?: string, hex?: string, name?: string) =>
        name === undefined
          ? String.fromCharCode(decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal))
          : ENTITIES[name]!,
      )
    : text

/** Without what web pages and editors put into a line: tabs, spaces that do not break or have no width, long dashes, entities. */
export const plainText = (bytes: Buffer, start: number, end: number): string =>
  unescaped(bytes.toString('utf8', start, end).replace(TAG, ''))
    .replace(NO_WIDTH, '')
    .replace(SPACES, ' ')
    .replace(LONG_DASH, '--')

/** Whether a text, as latin1, contains typographic characters or tags that do not hide a line, but its fields. */
export const isTypeset = (text: string): boolean =>
  /&(?:#\w{2,5}|[a-z]{2,5});|\u00e2\u0080[\u0080-\u0095\u00af]/.test(text) || text.search(TAG) >= 0
