/** A diff puts a sign ahead of each line: ahead of all the same one where the file is new or gone. */
export type Sign = '+' | '-'

/** Lines of a diff that are none of the file. */
const OF_DIFF =
  /^(?:diff --git |index [\da-f]+\.\.|(?:new|deleted) file mode |(?:old|new) mode |similarity |rename |--- |\+\+\+ |@@ |\\ No newline)/
const HUNK = /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m
const EVENT = /^[-+].*\s\[?\d+\]?.*\s\d+\.\d+:\s.*\w:/
const MOST = 0.8
const FEW = 3

/** The sign ahead of most lines, if these are events; undefined if there is none. */
export function signOf(lines: readonly string[]): Sign | undefined {
  const told = lines.filter((line) => line.trim() !== '' && !OF_DIFF.test(line))
  return (['+', '-'] as const).find((sign) => {
    const signed = told.filter((line) => line.startsWith(sign))
    return signed.length >= told.length * MOST && signed.filter((line) => EVENT.test(line)).length >= FEW
  })
}

/** The line as it was in the file; undefined if it is the diff's own. */
export const withoutSign = (line: string, sign: Sign): string | undefined =>
  OF_DIFF.test(line) ? undefined : line.startsWith(sign) ? line.slice(1) : line

/** Whether a text shows what has changed in a recording, which is not all of it. */
export const isPartialDiff = (head: string): boolean => {
  if (!HUNK.test(head)) return false
  const lines = head.split(/\r?\n/)
  return signOf(lines) === undefined && lines.filter((line) => EVENT.test(line)).length > 0
}
