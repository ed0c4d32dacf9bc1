/** The words of a command as one types them in a shell. */
export function commandText(words: readonly string[]): string {
  const quoted = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return ['npx faultline', ...quoted].join(' ')
}
