/** Some editors begin a file with a byte order mark, of which JSON knows nothing. */
export const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text)
