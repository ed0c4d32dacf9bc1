/** Characters that GitHub's Markdown interprets anywhere. A `_` between letters is no emphasis, and `<` and `&` could be HTML. */
const READ = /[\\`*~[\]<>|#&$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu
/** Characters that it interprets at the beginning of a line. */
const BEGINNING = /^(\s*)([-+=]|\d+(?=[.)]\s))/
/** A mention would call a person. */
const MENTION = /@(?=\w)/g

/** Escapes text so that Markdown shows it unchanged. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s*\r?\n\s*/g, ' ')
    .replaceAll(READ, (sign) => `\\${sign}`)
    .replace(BEGINNING, (_, space: string, sign: string) =>
      /\d/.test(sign) ? `${space}${sign}\u200b` : `${space}\\${sign}`,
    )
    .replaceAll(MENTION, '@\u200b')
}
