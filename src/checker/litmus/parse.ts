import { noText } from '../../errors/file-content.ts'
import { NOT_READ, RETURNS_NOTHING } from './calls.ts'
import { condition } from './condition.ts'
import { call, expression, type Scope } from './expressions.ts'
import { quoted, Reader } from './reader.ts'
import type { LitmusTest, Process, Statement, Value } from './test.ts'
import { tokensOf, unreadable } from './tokens.ts'

const TYPES = [
  'int',
  'long',
  'unsigned',
  'volatile',
  'const',
  'spinlock_t',
  'atomic_t',
  'intptr_t',
  'uintptr_t',
  'struct',
]
const MOST_PROCESSES = 10

/** Reads a litmus test in the C of herd's linux-kernel models. */
export function parseLitmus(text: string, file: string): LitmusTest {
  const header = /^\s*(?:(?:\(\*[\s\S]*?\*\)|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)\s*)*(\S+)[ \t]+(\S+)/.exec(text)
  if (header === null || header[1] !== 'C') {
    const what = header === null ? '' : `, and this is one in ${header[1]}`
    const says = noText(text, 'a litmus test')
    throw unreadable(
      file,
      { line: 1, column: 1 },
      says === undefined ? `a litmus test in C begins with 'C' and its name${what}` : `this ${says}`,
      'Nothing was run.',
    )
  }
  const reader = new Reader(tokensOf(text, file, header[0].length), file)
  const variables = new Map<string, Value>()
  initialState(reader, variables)
  const processes: Process[] = []
  const registers: Set<string>[] = []
  while (/^P\d+$/.test(reader.next.text)) {
    const scope = { parameters: [] as string[], registers: new Set<string>() }
    processes.push(processOf(reader, scope, processes.length, variables))
    registers.push(scope.registers)
  }
  if (processes.length === 0)
    throw reader.wrong(reader.next, `a process, P0(...), is expected before ${quoted(reader.next)}`)
  if (processes.length > MOST_PROCESSES)
    throw reader.wrong(reader.next, `there are more than ${MOST_PROCESSES} processes`)
  if (reader.skip('locations')) {
    while (!reader.is(']') && reader.next.kind !== 'end') reader.take()
    reader.expect(']')
  }
  const quantifier = quantifierOf(reader)
  const from = reader.next
  const asked = condition(reader, { variables: [...variables.keys()], registers })
  if (reader.next.kind !== 'end')
    throw reader.wrong(reader.next, `nothing may follow the condition, but there is ${quoted(reader.next)}`)
  const asks = text
    .split('\n')
    .slice(from.line - 1)
    .join('\n')
    .slice(from.column - 1)
    .trim()
    .replace(/\s+/g, ' ')
  return { name: header[2]!, variables, processes, quantifier, condition: asked, asks }
}

/** `{ int x=1; int *p=&x; }`: the default is 0. */
function initialState(reader: Reader, variables: Map<string, Value>): void {
  reader.expect('{')
  const addresses: (() => void)[] = []
  while (!reader.skip('}')) {
    if (reader.skip(';')) continue
    skipType(reader)
    const name = reader.name('a shared variable')
    variables.set(name.text, { number: 0 })
    if (!reader.skip('=')) continue
    if (reader.is('ATOMIC_INIT')) {
      reader.take()
      reader.expect('(')
      variables.set(name.text, { number: reader.number() })
      reader.expect(')')
    } else if (reader.next.kind === 'number' || reader.is('-')) variables.set(name.text, { number: reader.number() })
    else {
      reader.skip('&')
      const to = reader.name('a number or a variable')
      // It may be declared further down, or only be a parameter.
      addresses.push(() => variables.has(to.text) || variables.set(to.text, { number: 0 }))
      variables.set(name.text, { address: to.text })
    }
    if (!reader.is('}')) reader.expect(';')
  }
  for (const declare of addresses) declare()
}

function processOf(
  reader: Reader,
  scope: Scope & { parameters: string[] },
  number: number,
  variables: Map<string, Value>,
): Process {
  const name = reader.name('a process')
  if (name.text !== `P${number}`) throw reader.wrong(name, `P${number} is expected before ${quoted(name)}`)
  reader.expect('(')
  while (!reader.skip(')')) {
    skipType(reader)
    const parameter = reader.name('a parameter')
    scope.parameters.push(parameter.text)
    if (!variables.has(parameter.text)) variables.set(parameter.text, { number: 0 })
    if (!reader.is(')')) reader.expect(',')
  }
  return { name: name.text, parameters: scope.parameters, body: block(reader, scope) }
}

function block(reader: Reader, scope: Scope): Statement[] {
  reader.expect('{')
  const statements: Statement[] = []
  while (!reader.skip('}')) statements.push(...statement(reader, scope))
  return statements
}

function statement(reader: Reader, scope: Scope): Statement[] {
  if (reader.skip(';')) return []
  if (reader.is('{')) return block(reader, scope)
  if (reader.is('if')) return [ifStatement(reader, scope)]
  if (reader.is('*')) return [write(reader, scope)]
  if (reader.is('(')) return [castCall(reader, scope)]
  const isDeclared = TYPES.includes(reader.next.text)
  skipType(reader)
  const name = reader.name('a statement')
  const isCall = !isDeclared && reader.is('(')
  if (isCall) return [ended(reader, { kind: 'call', call: call(reader, scope, name) })]
  const what = NOT_READ[name.text]
  if (what !== undefined) throw reader.wrong(name, `${quoted(name)} is ${what}, which is not supported here`)
  if (isDeclared) scope.registers.add(name.text)
  else if (!scope.registers.has(name.text))
    throw reader.wrong(name, `${quoted(name)} is not declared`, [...scope.registers])
  if (isDeclared && reader.skip(';')) return []
  reader.expect('=')
  const from = reader.next
  const value = expression(reader, scope)
  if (value.kind === 'call' && RETURNS_NOTHING.has(value.name))
    throw reader.wrong(from, `${quoted(from)} returns nothing`)
  return [ended(reader, { kind: 'assign', register: name.text, value })]
}

/** `(void)atomic_add_unless(v, 1, 0);` */
function castCall(reader: Reader, scope: Scope): Statement {
  reader.expect('(')
  reader.expect('void')
  reader.expect(')')
  return ended(reader, { kind: 'call', call: call(reader, scope, reader.name('a call')) })
}

function write(reader: Reader, scope: Scope): Statement {
  reader.expect('*')
  const to = expression(reader, scope, Number.POSITIVE_INFINITY)
  reader.expect('=')
  return ended(reader, { kind: 'write', to, value: expression(reader, scope) })
}

function ifStatement(reader: Reader, scope: Scope): Statement {
  reader.expect('if')
  reader.expect('(')
  const asked = expression(reader, scope)
  reader.expect(')')
  const ifTrue = statement(reader, scope)
  const ifFalse = reader.skip('else') ? statement(reader, scope) : []
  return { kind: 'if', condition: asked, ifTrue, ifFalse }
}

function ended(reader: Reader, read: Statement): Statement {
  reader.expect(';')
  return read
}

function skipType(reader: Reader): void {
  while (TYPES.includes(reader.next.text)) if (reader.take().text === 'struct') reader.name('the name of a structure')
  while (reader.skip('*'));
}

function quantifierOf(reader: Reader): LitmusTest['quantifier'] {
  if (reader.is('filter')) throw reader.wrong(reader.next, "'filter' is not read here")
  if (reader.skip('exists')) return 'exists'
  if (reader.skip('forall')) return 'forall'
  if (reader.skip('~')) {
    reader.expect('exists')
    return '~exists'
  }
  throw reader.wrong(reader.next, `'exists', '~exists' or 'forall' is expected before ${quoted(reader.next)}`, [
    'exists',
    'forall',
  ])
}
