/** Why a text that was to be JSON is not: bytes of a file that is no text are not quoted. */
export function notJson(text: string, cause: SyntaxError): string {
  if (text.startsWith('\u001f\ufffd\u0008')) return 'is a gzip file: unpack it first'
  if (/[\0\ufffd]/.test(text)) return 'is a binary file, not JSON'
  return text.trim() === '' ? 'is empty' : `is not JSON: ${cause.message}`
}

/** Some editors begin a file with a byte order mark, of which JSON knows nothing. */
export const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text)
