import { isHtmlTable, LONGEST_ROW, ROW_BEGIN, withTabs } from './html-table.ts'
import { LineReader } from './line-reader.ts'
import { fromList, isListOfLines } from './list-text.ts'
import { LINE_END } from './typeset.ts'

/** Converts text in another form to lines, independent of chunk boundaries. */
export type Recoder = { readonly push: (chunk: Buffer) => Buffer; readonly end: () => Buffer }

const NEWLINE = 0x0a
const RETURN = 0x0d
/** A tag that ends a line is not longer than this. */
const LONGEST_TAG = 16
/** So long is no line on average. */
const UNBROKEN = 2000
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\n', t: '\t' }
const ESCAPE = /\\(?:u([\da-fA-F]{4})|([nrt"\\/]))/g
const BASE64_LINES = /^(?:[A-Za-z\d+/]{60,76}\r?\n){3,}/m
const BASE64 = /^[A-Za-z\d+/]+={0,2}$/
const UU_BEGIN = /^begin [0-7]{3,4} \S/
/** The first lines behind `begin`: whole ones have 45 bytes. */
const UU_LINES = /^begin [0-7]{3,4} \S.*\r?\n((?:M[ -`]{40,60}\r?\n){1,64})/m
const UU_ZERO = 0x20

/** The conversion that the text needs, as its beginning shows; undefined if it has plain lines. */
export function recoderOf(head: Buffer): Recoder | undefined {
  if (!head.includes(NEWLINE) && head.includes(RETURN)) return returnsToNewlines()
  const text = head.toString('latin1')
  if (isHtmlTable(text)) return cutAt(ROW_BEGIN, LONGEST_ROW, withTabs)
  if (isListOfLines(text)) return fromList()
  if (isUnbroken(text)) return cutAt('<', LONGEST_TAG, (part) => part.replace(LINE_END, '\n'))
  if (isEscaped(text)) return cutAt('\\', LONGEST_ESCAPE, unescaped)
  if (isUuencoded(text)) return fromUuencoded()
  return isBase64(text) ? fromBase64() : undefined
}

const LONGEST_ESCAPE = 6

function isUnbroken(text: string): boolean {
  return (text.match(LINE_END)?.length ?? 0) > 1 && text.split('\n').length * UNBROKEN < text.length
}

/** Lines of JSON that each end in `\n` are lines. */
const isEscaped = (text: string) => (text.match(/\\n/g)?.length ?? 0) > text.split('\n').length * 2

/** Text in a string of JSON. */
const unescaped = (part: string) =>
  part.replace(ESCAPE, (_, code?: string, letter?: string) =>
    code === undefined ? (ESCAPES[letter!] ?? letter!) : String.fromCharCode(Number.parseInt(code, 16)),
  )

function returnsToNewlines(): Recoder {
  return {
    push: (chunk) => {
      for (let at = chunk.indexOf(RETURN); at >= 0; at = chunk.indexOf(RETURN, at + 1)) chunk[at] = NEWLINE
      return chunk
    },
    end: () => Buffer.alloc(0),
  }
}

/** Replaces a text that begins with `mark` as a whole, up to a number of characters. */
function cutAt(mark: string, longest: number, replace: (part: string) => string): Recoder {
  let rest = ''
  return {
    push: (chunk) => {
      const text = rest + chunk.toString('latin1')
      let at = text.lastIndexOf(mark)
      while (at > 0 && text[at - 1] === mark) at -= 1
      if (at < 0 || text.length - at >= longest) at = text.length
      rest = text.slice(at)
      return Buffer.from(replace(text.slice(0, at)), 'latin1')
    },
    end: () => Buffer.from(replace(rest), 'latin1'),
  }
}

/** base64 is taken apart only if a recording is in it. */
function isBase64(text: string): boolean {
  const lines = BASE64_LINES.exec(text)?.[0]
  return lines !== undefined && holdsEvents(Buffer.from(lines, 'base64'))
}

function holdsEvents(decoded: Buffer): boolean {
  const reader = new LineReader()
  return decoded
    .toString('latin1')
    .split('\n')
    .some((line) => reader.read(Buffer.from(line, 'latin1'), 0, line.length))
}

function isUuencoded(text: string): boolean {
  const lines = UU_LINES.exec(text)?.[1]
  return lines !== undefined && holdsEvents(Buffer.concat(lines.split('\n').map(uudecoded)))
}

/** A line gives how many bytes it has, and these six bits a character, from the space on; a space may be a backquote. */
function uudecoded(line: string): Buffer {
  const bits = (at: number) => ((at < line.length ? line.charCodeAt(at) : UU_ZERO) - UU_ZERO) & 0x3f
  const bytes = Buffer.alloc(line === '' ? 0 : bits(0))
  for (let at = 0, from = 1; at < bytes.length; at += 3, from += 4) {
    const group = (bits(from) << 18) | (bits(from + 1) << 12) | (bits(from + 2) << 6) | bits(from + 3)
    for (let byte = 0; byte < 3 && at + byte < bytes.length; byte += 1) bytes[at + byte] = group >> (16 - 8 * byte)
  }
  return bytes
}

/** Lines between `begin` and `end` are decoded, and others left out. */
function fromUuencoded(): Recoder {
  let rest = ''
  let isInside = false
  const decode = (lines: readonly string[]) => {
    const decoded: Buffer[] = []
    for (const ended of lines) {
      const line = ended.replace(/\r$/, '')
      if (!isInside) isInside = UU_BEGIN.test(line)
      else if (line === 'end') isInside = false
      else decoded.push(uudecoded(line))
    }
    return Buffer.concat(decoded)
  }
  return {
    push: (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\n')
      rest = lines.pop()!
      return decode(lines)
    },
    end: () => decode([rest]),
  }
}

/** Lines of base64 are decoded, and others, as the head of a mail, left out. */
function fromBase64(): Recoder {
  let rest = ''
  let digits = ''
  const decode = (text: string) => {
    for (const line of text.split('\n')) {
      const bare = line.trim()
      if (BASE64.test(bare) && (bare.length >= 60 || digits !== '' || bare.length % 4 === 0)) digits += bare
    }
    const whole = digits.length - (digits.length % 4)
    const bytes = Buffer.from(digits.slice(0, whole), 'base64')
    digits = digits.slice(whole)
    return bytes
  }
  return {
    push: (chunk) => {
      const text = rest + chunk.toString('latin1')
      const at = text.lastIndexOf('\n') + 1
      rest = text.slice(at)
      return decode(text.slice(0, at))
    },
    end: () => decode(rest),
  }
}
