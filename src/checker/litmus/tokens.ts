import { FaultlineError } from '../../errors/faultline-error.ts'

export type Token = {
  readonly kind: 'name' | 'number' | 'sign' | 'end'
  readonly text: string
  readonly line: number
  readonly column: number
}

/** Longest first, so that `/\` is not taken for a division. */
const SIGNS = ['/\\', '\\/', '==', '!=', '<=', '>=', '&&', '||', '<<', '>>', ...'{}()[];:,=*&|^+-<>!~']
/** Text without meaning: blanks, comments, and a description in quotation marks. In braces, `(*x` does not begin a comment as it does in OCaml. */
const BLANK_IN_BRACES = /\s+|\/\*[\s\S]*?\*\/|\/\/[^\n]*/y
const BLANK = /\s+|\/\*[\s\S]*?\*\/|\/\/[^\n]*|\(\*[\s\S]*?\*\)|"[^"]*"/y
const NAME = /[A-Za-z_]\w*/y
const NUMBER = /0[xX][0-9a-fA-F]+|\d+/y

/** A litmus test that cannot be read: where, why, and what would be. */
export function unreadable(file: string, { line, column }: Pick<Token, 'line' | 'column'>, why: string, hint: string) {
  return new FaultlineError('LITMUS_UNREADABLE', 'usage', `${file}:${line}:${column}: ${why}`, { hint })
}

/** The words and signs of a text from `from` on, each with its place. */
export function tokensOf(text: string, file: string, from: number): Token[] {
  const tokens: Token[] = []
  const place = placesIn(text)
  let depth = 0
  for (let at = from; ; ) {
    at = skipBlanks(text, at, depth > 0 ? BLANK_IN_BRACES : BLANK)
    if (at >= text.length) return [...tokens, { kind: 'end', text: 'the end of the file', ...place(at) }]
    const name = matchAt(NAME, text, at)
    const number = name === undefined ? matchAt(NUMBER, text, at) : undefined
    const sign = name === undefined && number === undefined ? SIGNS.find((one) => text.startsWith(one, at)) : undefined
    const found = name ?? number ?? sign
    if (found === undefined) {
      const open = ['/*', '"'].find((one) => text.startsWith(one, at))
      const why =
        open === undefined ? `'${text[at]}' means nothing here` : `the text that begins with ${open} has no end`
      throw unreadable(file, place(at), why, 'Nothing was run.')
    }
    tokens.push({
      kind: name !== undefined ? 'name' : number !== undefined ? 'number' : 'sign',
      text: found,
      ...place(at),
    })
    at += found.length
    if (found === '{') depth += 1
    if (found === '}') depth -= 1
  }
}

function skipBlanks(text: string, from: number, pattern: RegExp): number {
  let at = from
  for (let blank = matchAt(pattern, text, at); blank !== undefined; blank = matchAt(pattern, text, at))
    at += blank.length
  return at
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** Line and column of an offset, both from 1 on. */
function placesIn(text: string): (at: number) => { line: number; column: number } {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (at) => {
    const line = starts.findLastIndex((start) => start <= at)
    return { line: line + 1, column: at - starts[line]! + 1 }
  }
}
