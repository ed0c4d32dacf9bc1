import type { AnyNode, BinaryExpression, CallExpression, Expression, MemberExpression, UnaryExpression } from 'acorn'
import type { Code } from './encode.ts'
import type { Frame } from './frame.ts'
import { ARITHMETIC, COMPARISONS, choose, constant, getLocal, IS_ZERO, setLocal, teeLocal } from './instructions.ts'
import { type Machine, operation } from './operations.ts'
import { functionOf, methodOf, type Source } from './source.ts'
import { boolean, CPU, codeOf, isBoolean, known, NotCompiled, number, stepsOf, type Value } from './values.ts'

/** The module that a compiled function becomes part of. */
export type World = {
  readonly cpu: number
  readonly machine: Machine
  /** Code that calls the function with these values, and the value of its result. */
  readonly invoke: (source: Source, self: unknown, args: readonly Value[]) => Value
}

/** The value of an expression. */
export function compiled(node: Expression, frame: Frame, world: World): Value {
  const of = (inner: AnyNode) => compiled(inner as Expression, frame, world)
  switch (node.type) {
    case 'Literal':
      return known(node.value)
    case 'Identifier':
      return frame.lookUp(node.name)
    case 'ThisExpression':
      return known(frame.self)
    case 'MemberExpression':
      return member(node, of, frame, world)
    case 'UnaryExpression':
      return unary(node, of(node.argument))
    case 'BinaryExpression':
      return binary(node.operator, of(node.left), of(node.right))
    case 'LogicalExpression':
      return logical(node.operator, of(node.left), () => of(node.right))
    case 'ConditionalExpression':
      return conditional(
        of(node.test),
        () => of(node.consequent),
        () => of(node.alternate),
      )
    case 'AssignmentExpression':
      if (node.left.type !== 'Identifier') throw new NotCompiled('an assignment to a property')
      return assigned(node.left.name, node.operator.slice(0, -1), of(node.right), frame)
    case 'UpdateExpression':
      if (node.argument.type !== 'Identifier' || !node.prefix) throw new NotCompiled('`++` behind a name')
      return assigned(node.argument.name, node.operator[0]!, known(1), frame)
    case 'CallExpression':
      return called(node, of, frame, world)
    default:
      throw new NotCompiled(`a ${node.type}`)
  }
}

type Of = (node: AnyNode) => Value

function member(node: MemberExpression, of: Of, frame: Frame, world: World): Value {
  const owner = of(node.object)
  if (node.computed) return element(owner, of(node.property), frame)
  const { name } = node.property as { readonly name: string }
  if (owner.kind === 'element') {
    const { base, step } = stepsOf(owner.table.map((each) => constantIn(each, name)))
    return number([...owner.code, ...atStep(base, step, getLocal(owner.local))])
  }
  if (owner.kind !== 'known') throw new NotCompiled(`.${name} of a value that is not known`)
  if (owner.value === CPU) {
    if (name === 'id') return known(world.cpu)
    throw new NotCompiled(`cpu.${name}`)
  }
  return known(constantIn(owner.value as object, name))
}

function constantIn(object: object, name: string): unknown {
  if (object === null || object === undefined) throw new NotCompiled(`.${name} of nothing`)
  if (hasGetter(object, name)) throw new NotCompiled(`.${name}, which is computed`)
  return (object as Readonly<Record<string, unknown>>)[name]
}

function hasGetter(object: object, name: string): boolean {
  for (let holder = object; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, name)
    if (found !== undefined) return found.get !== undefined
  }
  return false
}

function element(owner: Value, index: Value, frame: Frame): Value {
  if (owner.kind !== 'known' || !Array.isArray(owner.value))
    throw new NotCompiled('an element of something that is not a table')
  const table = owner.value as readonly unknown[]
  if (index.kind === 'known') return known(constantIn(table, String(index.value)))
  if (table.length === 0) throw new NotCompiled('an element of an empty table')
  if (typeof table[0] === 'number') {
    const { base, step } = stepsOf(table)
    return number(atStep(base, step, codeOf(index)))
  }
  const local = frame.newLocal()
  return { kind: 'element', table: table as readonly object[], local, code: [...codeOf(index), ...setLocal(local)] }
}

const MULTIPLY = 0x6c
const atStep = (base: number, step: number, index: Code): Code => [
  ...[...index, ...constant(step), MULTIPLY],
  ...[...constant(base), ARITHMETIC['+']],
]

function unary({ operator }: UnaryExpression, value: Value): Value {
  if (operator === '!') return value.kind === 'known' ? known(!value.value) : boolean([...codeOf(value), ...IS_ZERO])
  if (operator === '~') return binary('^', value, known(-1))
  if (operator === '-') return binary('-', known(0), value)
  throw new NotCompiled(`the operator ${operator}`)
}

const isIn = <T extends object>(table: T, name: PropertyKey): name is keyof T => name in table

/** Numbers are of 32 bits, as all that memory holds: a sum that is greater wraps where JavaScript's does when it is stored. */
function binary(operator: BinaryExpression['operator'], a: Value, b: Value): Value {
  if (a.kind === 'known' && b.kind === 'known')
    return known(FOLD[operator]?.(a.value as number, b.value as number) ?? refuse(operator))
  if (operator === '>>>' && !(b.kind === 'known' && ((b.value as number) & 31) !== 0)) refuse('>>> by nothing')
  if (isIn(COMPARISONS, operator)) {
    if (isBoolean(a) !== isBoolean(b)) refuse(`${operator} of a number and a boolean`)
    return boolean([...codeOf(a), ...codeOf(b), COMPARISONS[operator]])
  }
  if (isIn(ARITHMETIC, operator)) return number([...codeOf(a), ...codeOf(b), ARITHMETIC[operator]])
  if (operator === '*' && [a, b].some(isSmall)) return number([...codeOf(a), ...codeOf(b), MULTIPLY])
  return refuse(operator)
}

/** With such a factor JavaScript's product of numbers of 32 bits is exact, so that it wraps to the same. */
const isSmall = (value: Value) => value.kind === 'known' && Math.abs(value.value as number) <= 2 ** 20

const FOLD: Partial<Record<string, (a: number, b: number) => unknown>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '>>>': (a, b) => a >>> b,
  '===': (a, b) => a === b,
  '!==': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
}

function refuse(operator: string): never {
  throw new NotCompiled(`the operator ${operator}`)
}

function logical(operator: string, a: Value, b: () => Value): Value {
  if (operator === '??') return a.kind === 'known' && (a.value === undefined || a.value === null) ? b() : a
  if (a.kind === 'known') return (operator === '&&') === Boolean(a.value) ? b() : a
  const second = b()
  if (!isBoolean(a) || !isBoolean(second)) refuse(`${operator} of numbers`)
  return boolean(
    operator === '&&' ? choose(codeOf(a), codeOf(second), constant(0)) : choose(codeOf(a), constant(1), codeOf(second)),
  )
}

function conditional(test: Value, a: () => Value, b: () => Value): Value {
  if (test.kind === 'known') return test.value ? a() : b()
  const [first, second] = [a(), b()]
  if (isBoolean(first) !== isBoolean(second)) refuse('? of a number and a boolean')
  return (isBoolean(first) ? boolean : number)(choose(codeOf(test), codeOf(first), codeOf(second)))
}

function assigned(name: string, operator: string, value: Value, frame: Frame): Value {
  const { local, isBoolean: wasBoolean } = frame.localOf(name)
  const sum = operator === '' ? value : binary(operator as BinaryExpression['operator'], number(getLocal(local)), value)
  if (isBoolean(sum) !== wasBoolean) throw new NotCompiled(`${name}, which is now a number, now a boolean`)
  return (wasBoolean ? boolean : number)([...codeOf(sum), ...teeLocal(local)])
}

function called(node: CallExpression, of: Of, frame: Frame, world: World): Value {
  const args = node.arguments.map(of)
  if (node.callee.type === 'MemberExpression' && !node.callee.computed) {
    const owner = of(node.callee.object)
    const { name } = node.callee.property as { readonly name: string }
    if (owner.kind !== 'known') throw new NotCompiled(`.${name}() of a value that is not known`)
    if (owner.value === CPU) return operation(name, args, frame, world.machine)
    if (owner.value === Math && name === 'imul') return number([...args.flatMap(codeOf), MULTIPLY])
    const source = methodOf(owner.value as object, name)
    if (source === undefined) throw new NotCompiled(`.${name}() of an object from another build`)
    return world.invoke(source, owner.value, args)
  }
  const callee = of(node.callee)
  const source = callee.kind === 'known' ? functionOf(callee.value) : undefined
  if (source === undefined) throw new NotCompiled('a call of a function from another build')
  const values = args.map((arg) => (arg.kind === 'known' && arg.value !== CPU ? [arg.value] : undefined))
  // Our functions keep no state: the result is known if all arguments are.
  if (values.every((each) => each !== undefined))
    return known((callee as { value: (...args: unknown[]) => unknown }).value(...values.flat()))
  return world.invoke(source, undefined, args)
}
