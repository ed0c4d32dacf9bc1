import { nearest } from '../../errors/nearest.ts'
import { type Token, unreadable } from './tokens.ts'

/** Reads tokens one by one; an unexpected token is refused with its place. */
export class Reader {
  readonly file: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[], file: string) {
    this.#tokens = tokens
    this.file = file
  }

  get next(): Token {
    return this.#tokens[this.#at]!
  }

  is(text: string): boolean {
    return this.next.text === text && this.next.kind !== 'end'
  }

  take(): Token {
    const token = this.next
    if (token.kind !== 'end') this.#at += 1
    return token
  }

  /** Takes a word or a sign if it comes next. */
  skip(text: string): boolean {
    if (!this.is(text)) return false
    this.take()
    return true
  }

  expect(text: string): Token {
    if (this.is(text)) return this.take()
    throw this.wrong(this.next, `'${text}' is expected before ${quoted(this.next)}`)
  }

  name(what: string): Token {
    if (this.next.kind === 'name') return this.take()
    throw this.wrong(this.next, `${what} is expected instead of ${quoted(this.next)}`)
  }

  number(): number {
    const isNegative = this.skip('-')
    const token = this.next
    if (token.kind !== 'number') throw this.wrong(token, `a number is expected instead of ${quoted(token)}`)
    const value = Number(this.take().text)
    if (value > 0x7fff_ffff) throw this.wrong(token, `${token.text} does not fit into 32 bits`)
    return isNegative ? -value : value
  }

  /** An error at a token; `known`: names of which one may have been meant. */
  wrong(token: Token, why: string, known: readonly string[] = []): Error {
    const [meant] = nearest(token.text, known)
    return unreadable(this.file, token, why, meant === undefined ? 'Nothing was run.' : `Did you mean '${meant}'?`)
  }
}

export const quoted = ({ kind, text }: Token): string => (kind === 'end' ? text : `'${text}'`)
