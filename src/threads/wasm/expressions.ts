import type {
  AnyNode,
  BinaryExpression,
  CallExpression,
  Expression,
  MemberExpression,
  TemplateLiteral,
  UnaryExpression,
} from 'acorn'
import type { Code } from './encode.ts'
import type { Frame } from './frame.ts'
import { FAIL } from './host.ts'
import {
  ARITHMETIC,
  BITWISE,
  COMPARISONS,
  COMPARISONS_64,
  call,
  choose,
  constant,
  getLocal,
  IS_ZERO,
  MULTIPLY,
  REMAINDER,
  setLocal,
  teeLocal,
  UNREACHABLE,
  WITH_SIGN,
  WITHOUT_SIGN,
} from './instructions.ts'
import { element, member, written, writtenElement } from './members.ts'
import { operation } from './operations.ts'
import { functionOf, methodOf } from './source.ts'
import {
  boolean,
  CPU,
  codeOf,
  isBoolean,
  isPure,
  known,
  NotCompiled,
  nothing,
  number,
  Throws,
  Unknown,
  type Value,
} from './values.ts'
import type { World } from './world.ts'

/** The value of an expression. */
export function compiled(node: Expression, frame: Frame, world: World): Value {
  const of = (inner: AnyNode) => compiled(inner as Expression, frame, world)
  switch (node.type) {
    case 'Literal':
      return known(node.value)
    case 'TemplateLiteral':
      return known(textOf(node, of))
    case 'Identifier':
      return frame.lookUp(node.name)
    case 'ThisExpression':
      return known(frame.self)
    case 'ChainExpression':
      return of(node.expression)
    case 'MemberExpression':
      return memberIn(node, of, frame, world)
    case 'UnaryExpression':
      return unary(node, of(node.argument))
    case 'BinaryExpression':
      return binary(node.operator, of(node.left), of(node.right))
    case 'LogicalExpression':
      return logical(node.operator, of(node.left), () => of(node.right), world)
    case 'ConditionalExpression':
      return conditional(
        of(node.test),
        () => of(node.consequent),
        () => of(node.alternate),
        world,
      )
    case 'AssignmentExpression':
      return assigned(node.left, node.operator.slice(0, -1), () => of(node.right), of, frame, world)
    case 'UpdateExpression':
      if (!node.prefix) throw new NotCompiled('`++` behind a name')
      return assigned(node.argument, node.operator[0]!, () => known(1), of, frame, world)
    case 'CallExpression':
      return called(node, of, frame, world)
    default:
      throw new NotCompiled(`a ${node.type}`)
  }
}

type Of = (node: AnyNode) => Value

const isNothing = (value: Value): boolean => value.kind === 'known' && (value.value ?? undefined) === undefined

function memberIn(node: MemberExpression, of: Of, frame: Frame, world: World): Value {
  const owner = of(node.object)
  if (node.optional && isNothing(owner)) return known(undefined)
  if (node.computed) return element(owner, of(node.property), arrayName(node.object), frame, world)
  return member(owner, (node.property as { readonly name: string }).name, frame, world)
}

/** The name under which an array is held. */
function arrayName(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name
  if (node.type !== 'MemberExpression') return ''
  return node.computed ? arrayName(node.object) : (node.property as { readonly name: string }).name
}

/** A text whose parts are all known: that of an error. */
function textOf({ quasis, expressions }: TemplateLiteral, of: Of): string {
  const parts = expressions.map((each) => of(each))
  return quasis.map(({ value }, at) => `${value.cooked}${at < parts.length ? textOfValue(parts[at]!) : ''}`).join('')
}

function textOfValue(value: Value): string {
  if (value.kind !== 'known') throw new NotCompiled('a text that is not known')
  return String(value.value)
}

function unary({ operator }: UnaryExpression, value: Value): Value {
  if (operator === '!')
    return value.kind === 'known' ? known(!value.value) : boolean([...codeOf(value), ...IS_ZERO], isPure(value))
  if (operator === 'void' && isPure(value)) return known(undefined)
  if (operator === '~') return binary('^', value, known(-1))
  if (operator === '-') return binary('-', known(0), value)
  throw new NotCompiled(`the operator ${operator}`)
}

const isIn = <T extends object>(table: T, name: PropertyKey): name is keyof T => name in table

/** Numbers are of 32 bits, as all that memory holds: a sum that is greater wraps where JavaScript's does when it is stored. */
function binary(operator: BinaryExpression['operator'], a: Value, b: Value): Value {
  if (a.kind === 'known' && b.kind === 'known')
    return known(FOLD[operator]?.(a.value as number, b.value as number) ?? refuse(operator))
  const pure = isPure(a) && isPure(b)
  // The result is signed only if bits have been shifted in.
  if (operator === '>>>' && !(b.kind === 'known' && ((b.value as number) & 31) !== 0)) {
    const code = [...bitsOf(a), ...bitsOf(b), BITWISE['>>>']]
    return { kind: 'computed', code, isBoolean: false, isPure: pure, isUnsigned: true }
  }
  if (isIn(BITWISE, operator)) return number([...bitsOf(a), ...bitsOf(b), BITWISE[operator]], pure)
  if (isIn(COMPARISONS, operator)) {
    if (isBoolean(a) !== isBoolean(b)) refuse(`${operator} of a number and a boolean`)
    const always = ofAny(operator, a, b)
    if (always !== undefined && pure) return known(always)
    if (isUnsigned(a) || isUnsigned(b)) return boolean([...wide(a), ...wide(b), ...COMPARISONS_64[operator]], pure)
    return boolean([...codeOf(a), ...codeOf(b), COMPARISONS[operator]], pure)
  }
  if (isIn(ARITHMETIC, operator)) return number([...codeOf(a), ...codeOf(b), ARITHMETIC[operator]], pure)
  if (operator === '*' && [a, b].some(isSmall)) return number([...codeOf(a), ...codeOf(b), MULTIPLY], pure)
  // By zero, which is NaN in JavaScript, it ends the program.
  if (operator === '%') return number([...codeOf(a), ...codeOf(b), REMAINDER])
  return refuse(operator)
}

/** The result of a comparison with a number that is beyond 32 bits; undefined: it is not. */
function ofAny(operator: keyof typeof COMPARISONS, a: Value, b: Value): boolean | undefined {
  const isBeyond = ({ kind, value }: { kind: string; value?: unknown }) =>
    kind === 'known' && typeof value === 'number' && Math.abs(value) > 2 ** 32
  if (isBeyond(b)) return FOLD[operator]!(0, (b as { value: number }).value) as boolean
  return isBeyond(a) ? (FOLD[operator]!((a as { value: number }).value, 0) as boolean) : undefined
}

/** JavaScript takes 32 bits of each operand, whichever number they are. */
const bitsOf = (value: Value): Code => (value.kind === 'computed' ? value.code : codeOf(value))

const isUnsigned = (value: Value): boolean => value.kind === 'computed' && value.isUnsigned === true

/** The number in 64 bits. */
const wide = (value: Value): Code =>
  value.kind === 'computed' && value.isUnsigned ? [...value.code, ...WITHOUT_SIGN] : [...codeOf(value), ...WITH_SIGN]

/** With such a factor JavaScript's product of numbers of 32 bits is exact, so that it wraps to the same. */
const isSmall = (value: Value) => value.kind === 'known' && Math.abs(value.value as number) <= 2 ** 20

const FOLD: Partial<Record<string, (a: number, b: number) => unknown>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '%': (a, b) => a % b,
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

function logical(operator: string, a: Value, compileB: () => Value, world: World): Value {
  if (operator === '??') return isNothing(a) ? compileB() : a
  if (a.kind === 'known') return (operator === '&&') === Boolean(a.value) ? compileB() : a
  const b = orFailing(compileB, world)
  if (!isBoolean(a) || (b.value !== undefined && !isBoolean(b.value))) refuse(`${operator} of numbers`)
  const code = operator === '&&' ? choose(codeOf(a), b.code, constant(0)) : choose(codeOf(a), constant(1), b.code)
  return boolean(code, isPure(a) && b.isPure)
}

function conditional(test: Value, compileA: () => Value, compileB: () => Value, world: World): Value {
  if (test.kind === 'known') return test.value ? compileA() : compileB()
  const [a, b] = [orFailing(compileA, world), orFailing(compileB, world)]
  if (a.value !== undefined && b.value !== undefined && isBoolean(a.value) !== isBoolean(b.value))
    refuse('? of a number and a boolean')
  const given = a.value ?? b.value
  if (given === undefined) throw new NotCompiled('? of what is not there')
  const code = choose(codeOf(test), a.code, b.code)
  return (isBoolean(given) ? boolean : number)(code, isPure(test) && a.isPure && b.isPure)
}

/** One of two branches: its code throws, and it has no value, if it uses what is not there. */
function orFailing(compile: () => Value, world: World): { code: Code; value: Value | undefined; isPure: boolean } {
  try {
    const value = compile()
    return { value, code: codeOf(value), isPure: isPure(value) }
  } catch (error) {
    if (!(error instanceof Throws)) throw error
    const code = [...constant(world.errorOf('TypeError', error.message)), ...call(FAIL), ...UNREACHABLE]
    return { value: undefined, code, isPure: false }
  }
}

function assigned(target: AnyNode, operator: string, value: () => Value, of: Of, frame: Frame, world: World): Value {
  const sum = (now: Value) =>
    operator === '' ? value() : binary(operator as BinaryExpression['operator'], now, value())
  if (target.type === 'MemberExpression') return changed(target, sum, of, frame, world)
  if (target.type !== 'Identifier') throw new NotCompiled(`an assignment to a ${target.type}`)
  const { local, isBoolean: wasBoolean } = frame.localOf(target.name)
  const next = sum(number(getLocal(local)))
  if (isBoolean(next) !== wasBoolean) throw new NotCompiled(`${target.name}, which is now a number, now a boolean`)
  return (wasBoolean ? boolean : number)([...codeOf(next), ...teeLocal(local)])
}

/** A field, or an element of an array, is given a value; which one it is, is not computed again for `+=`. */
function changed(target: MemberExpression, sum: (now: Value) => Value, of: Of, frame: Frame, world: World): Value {
  const owner = of(target.object)
  if (!target.computed) {
    const name = (target.property as { readonly name: string }).name
    return written(owner, name, sum(member(owner, name, frame, world)), world)
  }
  const index = frame.newLocal()
  const before = [...codeOf(of(target.property)), ...setLocal(index)]
  const place = element(owner, number(getLocal(index), true), '', frame, world)
  return nothing([...before, ...writtenElement(owner, index, sum(place), world)])
}

function called(node: CallExpression, of: Of, frame: Frame, world: World): Value {
  if (node.callee.type === 'MemberExpression' && !node.callee.computed) {
    const owner = of(node.callee.object)
    const { name } = node.callee.property as { readonly name: string }
    if (node.callee.optional && isNothing(owner)) return known(undefined)
    if (owner.kind !== 'known') throw new NotCompiled(`.${name}() of a value that is not known`)
    if (isNothing(owner)) throw new Throws(`${name}() of nothing`)
    if (owner.value === Math && name === 'floor') return quotient(node.arguments[0], of)
    if (owner.value instanceof Unknown) throw new NotCompiled(`.${name}() of what is not known yet`)
    const args = node.arguments.map(of)
    if (owner.value === CPU) return operation(name, args, frame, world.machine)
    if (owner.value === Math && name === 'imul') return number([...args.flatMap(codeOf), MULTIPLY], args.every(isPure))
    const source = methodOf(owner.value as object, name)
    if (source === undefined) throw new NotCompiled(`.${name}() of an object from another build`)
    return world.invoke(source, owner.value, args, frame)
  }
  const args = node.arguments.map(of)
  const callee = of(node.callee)
  const source = callee.kind === 'known' ? functionOf(callee.value) : undefined
  if (source === undefined) throw new NotCompiled('a call of a function from another build')
  const values = args.map((arg) => (arg.kind === 'known' && isPlain(arg.value) ? [arg.value] : undefined))
  // Our functions keep no state: the result is known if all arguments are.
  if (values.every((each) => each !== undefined))
    return known((callee as { value: (...args: unknown[]) => unknown }).value(...values.flat()))
  return world.invoke(source, undefined, args, frame)
}

/** `Math.floor(a / b)` by a power of two. */
function quotient(node: AnyNode | undefined, of: Of): Value {
  if (node?.type !== 'BinaryExpression' || node.operator !== '/') throw new NotCompiled('Math.floor() of no quotient')
  const [a, b] = [of(node.left), of(node.right)]
  const bits = b.kind === 'known' ? Math.log2(b.value as number) : -1
  if (!Number.isInteger(bits) || bits < 0 || bits > 30) throw new NotCompiled('a quotient by no power of two')
  return binary('>>', number(codeOf(a), isPure(a)), known(bits))
}

/** Neither the CPU nor an object, in which something may change. */
const isPlain = (value: unknown): boolean =>
  value !== CPU && (typeof value !== 'object' || value === null) && typeof value !== 'function'
