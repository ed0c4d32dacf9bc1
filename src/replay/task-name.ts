import { unescaped } from './typeset.ts'

/** TASK_COMM_LEN without the zero; ftrace, trace-cmd and perf print it right-aligned in one column more. */
const LONGEST_NAME = 15
const COLUMN = 16

const ISO_DATE = /^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s+/
const HOST_AND_TAG = /^\S+\s+[\w./-]+(?:\[\d+\])?:\s+/

/** Prefixes that tools print before each line; they are removed as often as one is found. */
const PREFIXES: readonly RegExp[] = [
  // A kernel log: `<4>[ 1240.100000][  T812] `, `kern  :warn  : `.
  /^(?:<\d+>)?\[\s*\d+\.\d+\]\s*(?:\[\s*[TC]\d+\]\s*)?/,
  /^\w+\s*:\w+\s*:\s+/,
  // syslog and journalctl: `Mar  5 11:22:33 host ftrace[812]: `, `2024-03-05T11:22:33+0000 host kernel: `.
  /^[A-Z][a-z]{2}\s+\d+ \d\d:\d\d:\d\d(?:\.\d+)?\s+\S+\s+[\w./-]+(?:\[\d+\])?:\s+/,
  // grep: `trace.txt:13:`, of the lines around a match `trace.txt-13-`, and `13:` of one file.
  /^\S*?:\d+[:-]\s*/,
  /^\S+-\d+-\s+/,
  /^\d+[:-]\s*/,
  /^\S+\.\w{1,5}[:-]\s*/,
  // cat -n and nl; a row of a table with the number of the line.
  /^\d+\s{2,}/,
  /^\d+ \| `?/,
]
const QUOTES = /^(?:[>|]\s*)+/

/**
 * The name of a task in the text before `-PID`: without mail quotes, and if it is longer than a name can be, without the
 * prefixes of grep, syslog, journalctl or a kernel log.
 */
export function taskName(text: string): string {
  const name = unescaped(text).trim()
  const unquoted = name.replace(QUOTES, '')
  if (text.length <= COLUMN && name.length <= LONGEST_NAME) return unquoted
  return shortened(withoutPrefixes(unquoted))
}

/** Without what tools print before a line, as often as one of them is found. */
export function withoutPrefixes(text: string): string {
  let rest = text
  for (;;) {
    const dated = ISO_DATE.exec(rest)
    const next = dated === null ? withoutOne(rest) : rest.slice(dated[0].length).replace(HOST_AND_TAG, '')
    if (next === rest || next === '') return rest
    rest = next.replace(QUOTES, '')
  }
}

function withoutOne(text: string): string {
  const prefix = PREFIXES.find((candidate) => candidate.test(text))
  return prefix === undefined ? text : text.replace(prefix, '')
}

/** The name behind an unknown prefix: what follows the last wide gap, or is as long as a name can be. */
function shortened(name: string): string {
  if (name.length <= LONGEST_NAME) return name
  const last = name.split(/\s{2,}/).at(-1)!
  return last.slice(-LONGEST_NAME).trim()
}
