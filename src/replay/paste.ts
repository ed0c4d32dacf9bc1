import { bareTableOf } from './bare-table.ts'
import { type Table, tableOf } from './cells.ts'
import { type Keys, keysOf } from './json-rows.ts'
import { LineReader } from './line-reader.ts'
import { newRemarks, readRemark } from './remarks.ts'
import { type Sign, signOf, withoutSign } from './sign.ts'
import { isTypeset } from './typeset.ts'

/** The changes to a recording in transit, as its beginning shows them. */
export type Paste = {
  readonly isQuotedPrintable: boolean
  /** grep and other tools highlight matches for a terminal. */
  readonly hasColours: boolean
  /** A diff's, ahead of each line. */
  readonly sign: Sign | undefined
  /** Entities of a web page, dashes and spaces of an editor. */
  readonly isTypeset: boolean
  /** `words`: lines were broken at spaces, as mail clients do; `columns`: at a width, as terminals do. */
  readonly wrapped: 'words' | 'columns' | undefined
  /** `trace-cmd report` of a host's and guests' files names the file ahead of each line: which one is the host's. */
  readonly hostFile: string | undefined
  /** The events are rows of a table. */
  readonly table: Table | undefined
  /** Each event is an object of JSON with a field for each of its parts. */
  readonly objects: Keys | undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
export const COLOURS = /\u001b\[[\d;]*[A-Za-z]/g
/** If this many lines, of this many events, are broken at the same width, they were broken at a column. */
const TELLING_EVENTS = 3
const TELLING_LINES = 12
/** If one line in this many is broken, it is no accident. */
const WRAPPED_SHARE = 0.2
const QUOTES = /^(?:[>|]\s?)+/
/** The beginning of an event's line, whose end may be missing. */
const BEGINNING =
  /-\d+\s+(?:\(\s*[\d-]+\)\s+)?\[\d+\]|^.{1,24}\s\d+\s+\[\d+\]|-\d+\s+\d+[dDbX.][NnpLlBb.][ZzHhs.][\da-f.]|^.{1,24}\s\d+(?:\/\d+)?\s+\d+[.,]\d{6,9}:\s/
const NAMED_FILE = /^\s*(\S+):\s+cpus=\d+$/
const DATA_FILE = /^\s*(\S+\.dat):\s/

/** Judges a recording by its first lines. */
export function pasteOf(text: string): Paste {
  const hasColours = text.search(COLOURS) >= 0
  const head = text.replace(COLOURS, '')
  const isQuotedPrintable = (head.match(/=\r?\n/g)?.length ?? 0) > 1 && /=[\dA-F]{2}|\w=\r?\n/.test(head)
  const printed = head.split(/\r?\n/)
  const sign = signOf(printed)
  const lines = sign === undefined ? printed : printed.map((line) => withoutSign(line, sign) ?? '')
  return {
    isQuotedPrintable,
    hasColours,
    sign,
    isTypeset: isTypeset(head),
    wrapped: isQuotedPrintable ? undefined : wrappingOf(lines.map((line) => line.replace(QUOTES, ''))),
    hostFile: hostFileOf(lines),
    objects: keysOf(lines),
    table: tableOf(lines) ?? bareTableOf(lines),
  }
}

/** Whether the line begins an event; `other` may be its end. */
export function roleOf(reader: LineReader, text: string): 'event' | 'beginning' | 'remark' | 'other' {
  const bytes = Buffer.from(text, 'latin1')
  if (reader.read(bytes, 0, bytes.length)) return 'event'
  if (readRemark(text, newRemarks()) !== undefined) return 'remark'
  return BEGINNING.test(text) ? 'beginning' : 'other'
}

/** The part of an event's name, if the line was broken in it. */
const lastWord = (text: string) => /\S*$/.exec(text)![0]

function wrappingOf(lines: readonly string[]): Paste['wrapped'] {
  const reader = new LineReader()
  const lengths = new Set<number>()
  const events = new Set<string>()
  let begun = 0
  let broken = 0
  let previous: { readonly length: number; readonly event: string } | undefined
  for (const text of lines) {
    const role = roleOf(reader, text)
    const { bytes, eventStart, eventEnd } = reader.line
    if (role === 'other' && previous !== undefined) {
      broken += 1
      lengths.add(previous.length)
      events.add(previous.event)
    }
    previous = undefined
    if (role !== 'event' && role !== 'beginning') continue
    begun += 1
    const event = role === 'event' ? bytes.toString('latin1', eventStart, eventEnd) : lastWord(text)
    previous = { length: text.length, event }
  }
  if (broken === 0 || broken < begun * WRAPPED_SHARE) return undefined
  const isOneWidth = lengths.size === 1 && events.size >= TELLING_EVENTS && broken >= TELLING_LINES
  return isOneWidth ? 'columns' : 'words'
}

/** The file whose lines hold events of KVM; the first if several do, as a host's comes first. */
function hostFileOf(lines: readonly string[]): string | undefined {
  const named = lines.map((line) => NAMED_FILE.exec(line) ?? DATA_FILE.exec(line)).filter((match) => match !== null)
  const names = [...new Set(named.map((match) => match[1]!))]
  return (
    names.find((name) => lines.some((line) => line.trimStart().startsWith(`${name}:`) && /: kvm\w*_/.test(line))) ??
    names[0]
  )
}
