import { quoted, type Reader } from './reader.ts'
import type { Condition, Value } from './test.ts'

/** The names that a condition can use: the shared variables, and the registers of each process. */
export type Names = { readonly variables: readonly string[]; readonly registers: readonly ReadonlySet<string>[] }

/** `1:r0=1 /\ (x=2 \/ ~y=0)`: `/\` binds more than `\/`. */
export function condition(reader: Reader, names: Names): Condition {
  const parts = [conjunction(reader, names)]
  while (reader.skip('\\/')) parts.push(conjunction(reader, names))
  return parts.length === 1 ? parts[0]! : { kind: 'or', parts }
}

function conjunction(reader: Reader, names: Names): Condition {
  const parts = [atom(reader, names)]
  while (reader.skip('/\\')) parts.push(atom(reader, names))
  return parts.length === 1 ? parts[0]! : { kind: 'and', parts }
}

function atom(reader: Reader, names: Names): Condition {
  if (reader.skip('~')) return { kind: 'not', part: atom(reader, names) }
  if (reader.skip('(')) {
    const inner = condition(reader, names)
    reader.expect(')')
    return inner
  }
  for (const value of [true, false]) if (reader.skip(`${value}`)) return { kind: 'constant', value }
  const { process, name } = reader.next.kind === 'number' ? register(reader, names) : variable(reader, names)
  const isDifferent = reader.skip('!=')
  if (!isDifferent) reader.skip('==') || reader.expect('=')
  const equals: Condition = { kind: 'equals', process, name, value: readValue(reader, names.variables) }
  return isDifferent ? { kind: 'not', part: equals } : equals
}

function register(reader: Reader, { registers }: Names): { process: number; name: string } {
  const number = reader.next
  const process = reader.number()
  const known = registers[process]
  if (known === undefined) throw reader.wrong(number, `there is no process P${process}`)
  reader.expect(':')
  const name = reader.name('a register')
  if (!known.has(name.text)) throw reader.wrong(name, `P${process} has no register ${quoted(name)}`, [...known])
  return { process, name: name.text }
}

function variable(reader: Reader, { variables }: Names): { process: undefined; name: string } {
  const isBracketed = reader.skip('[')
  const name = reader.name('a variable, or a register as 0:r0,')
  if (isBracketed) reader.expect(']')
  if (!variables.includes(name.text)) throw reader.wrong(name, `there is no shared variable ${quoted(name)}`, variables)
  return { process: undefined, name: name.text }
}

/** A number, or the address of a variable, as `x` or `&x`. */
function readValue(reader: Reader, variables: readonly string[]): Value {
  const isAddress = reader.skip('&')
  if (!isAddress && reader.next.kind !== 'name') return { number: reader.number() }
  const name = reader.name('a variable')
  if (variables.includes(name.text)) return { address: name.text }
  throw reader.wrong(name, `there is no shared variable ${quoted(name)}`, variables)
}
