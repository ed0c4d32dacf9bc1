/** What GitHub's Markdown reads, wherever it stands. A `_` between letters is no emphasis, and `<` and `&` could be HTML. */
const READ = /[\\`*~[\]<>|#&$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu
/** What it reads at the beginning of a line. */
const BEGINNING = /^(\s*)([-+=]|\d+(?=[.)]\s))/
/** A mention would call a person. */
const MENTION = /@(?=\w)/g

/** Text that stands in Markdown as it is. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s*\r?\n\s*/g, ' ')
    .replaceAll(READ, (sign) => `\\${sign}`)
    .replace(BEGINNING, (_, space: string, sign: string) =>
      /\d/.test(sign) ? `${space}${sign}\u200b` : `${space}\\${sign}`,
    )
    .replaceAll(MENTION, '@\u200b')
}
