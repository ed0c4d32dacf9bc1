const CELL_END = /<\/t[dh]>\s*<t[dh](?:\s[^<>]*)?>/gi
const ROW_END = /<\/tr>(?![\r\n])/gi
const OTHER = /<\/?t(?:able|head|body|r|d|h)(?:\s[^<>]*)?>/gi
const FEW_ROWS = 3
export const ROW_BEGIN = '<tr'
/** A row is not longer than this. */
export const LONGEST_ROW = 4096

/** Whether a text is a table of a web page. */
export const isHtmlTable = (text: string): boolean =>
  (text.match(/<tr[\s>]/gi)?.length ?? 0) >= FEW_ROWS && /<td[\s>]/i.test(text)

/** Rows with tabs between their cells. */
export const withTabs = (text: string): string => text.replace(ROW_END, '\n').replace(CELL_END, '\t').replace(OTHER, '')
