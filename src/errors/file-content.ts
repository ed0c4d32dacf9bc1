/** The kind of a file that is not text, so that an error does not quote its bytes. Undefined: it is text. */
export function noText(text: string, expected: string): string | undefined {
  if (text.startsWith('\u001f\ufffd\u0008')) return 'is a gzip file: unpack it first'
  return /[\0\ufffd]/.test(text) ? `is a binary file, not ${expected}` : undefined
}

/** Why a text that was to be JSON is not. */
export function notJson(text: string, cause: unknown): string {
  if (text.trim() === '') return 'is empty'
  return noText(text, 'JSON') ?? `is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`
}

/** Some editors begin a file with a byte order mark, of which JSON knows nothing. */
export const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text)
