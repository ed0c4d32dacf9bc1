import type { AnyNode, BinaryExpression, CallExpression, Expression, MemberExpression, TemplateLiteral } from 'acorn'
import { binary, larger, quotient, refuse, truthOf, unary } from './arithmetic.ts'
import type { Code } from './encode.ts'
import type { Frame } from './frame.ts'
import { FAIL } from './host.ts'
import {
  ARITHMETIC,
  BITWISE,
  call,
  choose,
  constant,
  getLocal,
  LEADING_ZEROS,
  setLocal,
  teeLocal,
  UNREACHABLE,
} from './instructions.ts'
import { element, member, written, writtenElement } from './members.ts'
import { operation } from './operations.ts'
import { anyOf, checkedRange } from './ranges.ts'
import { functionOf, methodOf } from './source.ts'
import {
  bitsOf,
  boolean,
  CPU,
  codeOf,
  isBoolean,
  isPure,
  known,
  NotCompiled,
  nothing,
  number,
  rangeOf,
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
      return endOfChain(() => of(node.expression))
    case 'MemberExpression':
      return memberIn(node, of, frame, world)
    case 'UnaryExpression':
      return unary(node, of(node.argument), frame, world)
    case 'BinaryExpression':
      return binary(node.operator, of(node.left), of(node.right), frame, world)
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

/** `a?.b.c` of nothing: the rest of the chain is not computed. */
class ChainEnds extends Error {}

function endOfChain(chain: () => Value): Value {
  try {
    return chain()
  } catch (error) {
    if (!(error instanceof ChainEnds)) throw error
    return known(undefined)
  }
}

const isNothing = (value: Value): boolean => value.kind === 'known' && (value.value ?? undefined) === undefined

function memberIn(node: MemberExpression, of: Of, frame: Frame, world: World): Value {
  const owner = of(node.object)
  if (node.optional && isNothing(owner)) throw new ChainEnds()
  if (node.computed) return element(owner, of(node.property), node.object, frame, world)
  return member(owner, (node.property as { readonly name: string }).name, frame, world)
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

function logical(operator: string, a: Value, compileB: () => Value, world: World): Value {
  if (operator === '??') return isNothing(a) ? compileB() : a
  if (a.kind === 'known') return (operator === '&&') === Boolean(a.value) ? compileB() : a
  const b = orFailing(compileB, world)
  if (!isBoolean(a) || (b.value !== undefined && !isBoolean(b.value))) refuse(`${operator} of numbers`)
  const decides = operator === '||'
  if (isBoolean(a) && isPure(a) && b.value?.kind === 'known' && b.value.value === decides) return known(decides)
  // Both are 0 or 1: without a jump, if nothing is done for the second.
  if (b.isPure) return boolean([codeOf(a), b.code, BITWISE[operator === '&&' ? '&' : '|']], isPure(a))
  return boolean(operator === '&&' ? choose(codeOf(a), b.code, constant(0)) : choose(codeOf(a), constant(1), b.code))
}

function conditional(test: Value, compileA: () => Value, compileB: () => Value, world: World): Value {
  if (test.kind === 'known') return test.value ? compileA() : compileB()
  const [a, b] = [orFailing(compileA, world), orFailing(compileB, world)]
  if (a.value !== undefined && b.value !== undefined && isBoolean(a.value) !== isBoolean(b.value))
    refuse('? of a number and a boolean')
  const given = a.value ?? b.value
  if (given === undefined) throw new NotCompiled('? of what is not there')
  const code = choose(truthOf(test), a.code, b.code)
  const pure = isPure(test) && a.isPure && b.isPure
  if (isBoolean(given)) return boolean(code, pure)
  const ranges = [a, b].flatMap(({ value }) => (value === undefined ? [] : [rangeOf(value)]))
  return number(code, pure, checkedRange(anyOf(...ranges)))
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
    operator === '' ? value() : binary(operator as BinaryExpression['operator'], now, value(), frame, world)
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
  const place = element(owner, number(getLocal(index), true), target.object, frame, world)
  return nothing([...before, ...writtenElement(owner, index, sum(place), world)])
}

function called(node: CallExpression, of: Of, frame: Frame, world: World): Value {
  if (node.callee.type === 'MemberExpression' && !node.callee.computed) {
    const owner = of(node.callee.object)
    const { name } = node.callee.property as { readonly name: string }
    if (node.callee.optional && isNothing(owner)) throw new ChainEnds()
    if (owner.kind !== 'known') throw new NotCompiled(`.${name}() of a value that is not known`)
    if (isNothing(owner)) throw new Throws(`${name}() of nothing`)
    if (owner.value === Math && name === 'floor') return floor(node.arguments[0], of, frame, world)
    if (owner.value instanceof Unknown) throw new NotCompiled(`.${name}() of what is not known yet`)
    const args = node.arguments.map(of)
    if (owner.value === CPU) return operation(name, args, frame, world.machine)
    if (owner.value === Math) return ofMath(name, args, frame, world)
    const source = methodOf(owner.value as object, name)
    if (source === undefined) throw new NotCompiled(`.${name}() of an object from another build`)
    return world.invoke(source, owner.value, args, frame)
  }
  const args = node.arguments.map(of)
  const callee = of(node.callee)
  const source = callee.kind === 'known' ? functionOf(callee.value) : undefined
  if (callee.kind !== 'known' || source === undefined) throw new NotCompiled('a call of a function from another build')
  const values = args.map((arg) => (arg.kind === 'known' && isPlain(arg.value) ? [arg.value] : undefined))
  // Our functions keep no state: the result is known if all arguments are.
  if (values.every((each) => each !== undefined))
    return computedNow(callee.value as (...args: unknown[]) => unknown, values.flat(), source.name)
  return world.invoke(source, undefined, args, frame)
}

function computedNow(callable: (...args: unknown[]) => unknown, args: readonly unknown[], name: string): Value {
  try {
    return known(callable(...args))
  } catch {
    throw new NotCompiled(`${name}(), which throws`)
  }
}

function ofMath(name: string, args: readonly Value[], frame: Frame, world: World): Value {
  const [a, b, another] = args
  if (a !== undefined && b === undefined && name === 'clz32')
    return number([bitsOf(a), LEADING_ZEROS], isPure(a), { least: 0, most: 32 })
  if (a === undefined || b === undefined || another !== undefined) throw new NotCompiled(`Math.${name}() of so many`)
  if (name === 'imul') return number([bitsOf(a), bitsOf(b), ARITHMETIC['*']], args.every(isPure))
  if (name === 'max' || name === 'min') return larger(name, a, b, frame, world)
  throw new NotCompiled(`Math.${name}()`)
}

/** `Math.floor(a / b)` by a power of two. */
function floor(node: AnyNode | undefined, of: Of, frame: Frame, world: World): Value {
  if (node?.type !== 'BinaryExpression' || node.operator !== '/') throw new NotCompiled('Math.floor() of no quotient')
  const [a, b] = [of(node.left), of(node.right)]
  const bits = b.kind === 'known' ? Math.log2(b.value as number) : -1
  if (!Number.isInteger(bits) || bits < 0 || bits > 30) throw new NotCompiled('a quotient by no power of two')
  return a.kind === 'known' ? known(Math.floor((a.value as number) / 2 ** bits)) : quotient(a, bits, frame, world)
}

/** Neither the CPU nor an object, in which something may change. */
const isPlain = (value: unknown): boolean =>
  value !== CPU && (typeof value !== 'object' || value === null) && typeof value !== 'function'
