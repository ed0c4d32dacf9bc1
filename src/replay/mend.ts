import { lineOfCells, mayBeHeader, type Table } from './cells.ts'
import { type Keys, lineOfObject } from './json-rows.ts'
import { LineReader } from './line-reader.ts'
import type { TakeLine } from './lines.ts'
import { COLOURS, type Paste, roleOf } from './paste.ts'
import { type Sign, withoutSign } from './sign.ts'
import { plainText } from './typeset.ts'

/** Transforms lines and passes them on; `end` passes on what it still holds. */
export type Stage = { readonly take: TakeLine; readonly end: () => void }

const SPACE = 0x20
/** Names are padded to the length of the longest. */
const NAMED_LINE = /^\s*([^\s:]+):\s/
const QUOTES = /^(?:[>|]\s?)+/
const give = (take: TakeLine, text: string) => {
  const bytes = Buffer.from(text, 'latin1')
  take(bytes, 0, bytes.length)
}

/** Reverses the changes to a recording's lines, the last first; without changes, lines go straight to `take`. */
export function mended(paste: Paste, take: TakeLine, leaveOut: (file: string) => void): Stage {
  let stage: Stage = { take, end: () => {} }
  if (paste.hostFile !== undefined) stage = oneFile(paste.hostFile, stage, leaveOut)
  if (paste.wrapped !== undefined) stage = joined(paste.wrapped === 'words' ? ' ' : '', stage)
  if (paste.isTypeset) stage = untypeset(stage)
  if (paste.isQuotedPrintable) stage = unquoted(stage)
  if (paste.table !== undefined) stage = rows(paste.table, stage)
  if (paste.objects !== undefined) stage = objects(paste.objects, stage)
  if (paste.sign !== undefined) stage = unsigned(paste.sign, stage)
  if (paste.hasColours) stage = plain(stage)
  return stage
}

/** Without the colours of a terminal. */
const plain = (next: Stage): Stage => ({
  take: (bytes, start, end) => give(next.take, bytes.toString('latin1', start, end).replace(COLOURS, '')),
  end: next.end,
})

/** Without the sign of a diff, and without its own lines, in whose place an empty one stands: lines keep their numbers. */
const unsigned = (sign: Sign, next: Stage): Stage => ({
  take: (bytes, start, end) => give(next.take, withoutSign(bytes.toString('latin1', start, end), sign) ?? ''),
  end: next.end,
})

/** Rows of cells, without the header. */
function rows(table: Table, next: Stage): Stage {
  let isHeader = table.hasHeader
  return {
    take: (bytes, start, end) => {
      const text = bytes.toString('latin1', start, end)
      const line = lineOfCells(text, table)
      if (line !== undefined) give(next.take, line)
      else if (isHeader && mayBeHeader(text)) isHeader = false
      else give(next.take, text)
    },
    end: next.end,
  }
}

/** JSON objects, one per line. */
const objects = (keys: Keys, next: Stage): Stage => ({
  take: (bytes, start, end) => {
    const text = bytes.toString('utf8', start, end)
    give(next.take, lineOfObject(text, keys) ?? text)
  },
  end: next.end,
})

const untypeset = (next: Stage): Stage => ({
  take: (bytes, start, end) => give(next.take, plainText(bytes, start, end)),
  end: next.end,
})

/** Quoted-printable: a line that ends in `=` continues, and `=3D` is a byte. */
function unquoted(next: Stage): Stage {
  let held = ''
  return {
    take: (bytes, start, end) => {
      const piece = bytes.toString('latin1', start, end)
      // A mail that was quoted as it was sent has quotes ahead of the rest of a line too.
      const text = QUOTES.test(held) ? held + piece.replace(QUOTES, '') : held + piece
      if (text.endsWith('=')) {
        held = text.slice(0, -1)
        return
      }
      held = ''
      give(next.take, decoded(text))
    },
    end: () => {
      if (held !== '') give(next.take, decoded(held))
      next.end()
    },
  }
}

const decoded = (text: string) =>
  text.replace(/=([\dA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))

/** Broken behind the event's name: the next line is its text, even if it looks like a frame of a stack. */
const isWithoutText = (held: string) => /\w:\s*$/.test(held)
const LOOKS_LIKE_FRAME = /^\s+[\da-f]{4,16} /

/** Lines that were broken: what begins no event and is no remark belongs to the event before. */
function joined(separator: string, next: Stage): Stage {
  const reader = new LineReader()
  let held: string | undefined
  const release = () => {
    if (held !== undefined) give(next.take, held)
    held = undefined
  }
  return {
    take: (bytes, start, end) => {
      const text = bytes.toString('latin1', start, end).replace(QUOTES, '')
      const role = roleOf(reader, text)
      if (
        held !== undefined &&
        (role === 'other' || (role === 'remark' && isWithoutText(held) && LOOKS_LIKE_FRAME.test(text)))
      ) {
        // The continuation mark of a shell and some programs.
        if (held.endsWith('\\')) held = held.slice(0, -1) + text
        else held = separator === '' ? held + text : `${held.trimEnd()} ${text.trimStart()}`
        return
      }
      release()
      if (role === 'event' || role === 'beginning') held = text
      else give(next.take, text)
    },
    end: () => {
      release()
      next.end()
    },
  }
}

function behindSpaces(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] === SPACE) at += 1
  return at
}

/** The lines of one file in a report of several, without its name. */
function oneFile(name: string, next: Stage, leaveOut: (file: string) => void): Stage {
  const prefix = Buffer.from(`${name}:`)
  return {
    take: (bytes, start, end) => {
      const at = behindSpaces(bytes, start, end)
      if (bytes.compare(prefix, 0, prefix.length, at, Math.min(at + prefix.length, end)) === 0) {
        next.take(bytes, at + prefix.length, end)
        return
      }
      const other = NAMED_LINE.exec(bytes.toString('latin1', start, Math.min(end, start + 256)))?.[1]
      if (other === undefined) next.take(bytes, start, end)
      else leaveOut(other)
    },
    end: next.end,
  }
}
