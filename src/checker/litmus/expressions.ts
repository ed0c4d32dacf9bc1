import { CALLS, NOT_READ, type Operand } from './calls.ts'
import { quoted, type Reader } from './reader.ts'
import type { Expression } from './test.ts'
import type { Token } from './tokens.ts'

/** The meaning of a name in a process. */
export type Scope = { readonly parameters: readonly string[]; readonly registers: Set<string> }

/** From the weakest to the strongest, as in C. */
const BINARY = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*'],
]

const CASTS = ['int', 'long', 'intptr_t', 'uintptr_t']

export function expression(reader: Reader, scope: Scope, level = 0): Expression {
  const signs = BINARY[level]
  if (signs === undefined) return unary(reader, scope)
  let left = expression(reader, scope, level + 1)
  while (signs.includes(reader.next.text)) {
    const sign = reader.take().text
    left = { kind: 'binary', sign, left, right: expression(reader, scope, level + 1) }
  }
  return left
}

function unary(reader: Reader, scope: Scope): Expression {
  const { text } = reader.next
  if (text === '*') {
    reader.take()
    return { kind: 'read', from: unary(reader, scope) }
  }
  if (text === '&') {
    reader.take()
    return { kind: 'address', name: parameter(reader, scope) }
  }
  if (['!', '-', '~'].includes(text)) {
    const sign = reader.take().text
    return { kind: 'unary', sign, operand: unary(reader, scope) }
  }
  return primary(reader, scope)
}

function primary(reader: Reader, scope: Scope): Expression {
  if (reader.skip('(')) {
    if (skipCast(reader)) return unary(reader, scope)
    const inner = expression(reader, scope)
    reader.expect(')')
    return inner
  }
  if (reader.next.kind === 'number') return { kind: 'number', value: reader.number() }
  const name = reader.name('a value')
  if (reader.is('(')) return call(reader, scope, name)
  if (scope.registers.has(name.text)) return { kind: 'register', name: name.text }
  if (scope.parameters.includes(name.text)) return { kind: 'address', name: name.text }
  throw reader.wrong(name, `${quoted(name)} is neither a parameter nor declared before`, [
    ...scope.registers,
    ...scope.parameters,
  ])
}

/** `(int *)` before a value says nothing here. */
function skipCast(reader: Reader): boolean {
  if (!CASTS.some((type) => reader.is(type))) return false
  while (!reader.is(')') && reader.next.kind !== 'end') reader.take()
  reader.expect(')')
  return true
}

function parameter(reader: Reader, scope: Scope): string {
  const name = reader.name('a shared variable')
  if (scope.parameters.includes(name.text)) return name.text
  throw reader.wrong(name, `${quoted(name)} is no parameter of this process`, scope.parameters)
}

/** A call, of which the name has been read. */
export function call(reader: Reader, scope: Scope, name: Token): Expression {
  const operands = CALLS.get(name.text)
  if (operands === undefined) {
    const what = NOT_READ[name.text]
    if (what !== undefined) throw reader.wrong(name, `${quoted(name)} is ${what}, which is not supported here`)
    throw reader.wrong(name, `there is no ${quoted(name)}`, [...CALLS.keys()])
  }
  reader.expect('(')
  const read = operands.map((operand, at) => {
    if (at > 0) reader.expect(',')
    return operandOf(reader, scope, operand)
  })
  reader.expect(')')
  return { kind: 'call', name: name.text, operands: read }
}

/** A place is given as an address: `*x` is the place that x points to. */
function operandOf(reader: Reader, scope: Scope, operand: Operand): Expression {
  if (operand === 'value') return expression(reader, scope)
  if (operand === 'pointer') return unary(reader, scope)
  const star = reader.next
  const read = unary(reader, scope)
  if (read.kind === 'read') return read.from
  throw reader.wrong(star, `a variable is expected here, such as '*x', instead of ${quoted(star)}`)
}
