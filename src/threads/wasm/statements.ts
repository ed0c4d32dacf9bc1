import type {
  BlockStatement,
  DoWhileStatement,
  Expression,
  ForOfStatement,
  ForStatement,
  IfStatement,
  ObjectPattern,
  Pattern,
  Statement,
  VariableDeclaration,
  WhileStatement,
} from 'acorn'
import { truthOf } from './arithmetic.ts'
import type { Code } from './encode.ts'
import { compiled } from './expressions.ts'
import { type Frame, UNSET } from './frame.ts'
import { FAIL } from './host.ts'
import {
  ARITHMETIC,
  block,
  branch,
  branchIf,
  COMPARISONS,
  call,
  constant,
  getLocal,
  IS_ZERO,
  loop,
  setLocal,
  teeLocal,
  UNREACHABLE,
  when,
} from './instructions.ts'
import { elementsOf, keepElements, member } from './members.ts'
import { discarded } from './operations.ts'
import { BIT, isWithin, SIGNED } from './ranges.ts'
import { mayLeave, turnsOf } from './turns.ts'
import { codeOf, fraction, isBoolean, known, NotCompiled, nothing, rangeOf, Throws, type Value } from './values.ts'
import { namedWide } from './wide.ts'
import type { World } from './world.ts'

/** The code of a statement. */
function codeOfStatement(node: Statement, frame: Frame, world: World): Code {
  try {
    return codeOfKind(node, frame, world)
  } catch (error) {
    if (!(error instanceof Throws)) throw error
    return failing('TypeError', error.message, frame, world)
  }
}

function codeOfKind(node: Statement, frame: Frame, world: World): Code {
  const value = (expression: Expression) => compiled(expression, frame, world)
  switch (node.type) {
    case 'EmptyStatement':
      return []
    case 'BlockStatement':
      return frame.inScope(() => codeOfBody(node, frame, world))
    case 'ExpressionStatement':
      return discarded(value(node.expression))
    case 'VariableDeclaration':
      return declared(node, frame, world)
    case 'IfStatement':
      return decided(node, value(node.test), frame, world)
    case 'ReturnStatement':
      return frame.returns(node.argument ? value(node.argument) : nothing())
    case 'ThrowStatement':
      return thrown(node.argument, frame, world)
    case 'ForOfStatement':
      return frame.inScope(() => overElements(node, frame, world))
    case 'ForStatement':
      return (
        turnsOf(node, frame, world, (body) => codeOfStatement(body, frame, world)) ??
        frame.inScope(() => repeated(node, frame, world))
      )
    case 'WhileStatement':
    case 'DoWhileStatement':
      return frame.inScope(() => repeated(node, frame, world))
    case 'BreakStatement':
      return left(frame, loopOf(node.label, frame).end)
    case 'ContinueStatement':
      return left(frame, loopOf(node.label, frame).next)
    default:
      throw new NotCompiled(`a ${node.type}`)
  }
}

/** What stands behind a `return` is left out: it may be of what is not there in this VM. */
export const codeOfBody = ({ body }: BlockStatement, frame: Frame, world: World): Code =>
  body.flatMap((each) => (frame.isOver ? [] : codeOfStatement(each, frame, world)))

function left(frame: Frame, depth: number): Code {
  frame.isOver = true
  return branch(frame.depth - depth)
}

/** `throw new RangeError(text)`: the CPU throws it. */
function thrown(error: Expression, frame: Frame, world: World): Code {
  const isKnown =
    error.type === 'NewExpression' && error.callee.type === 'Identifier' && error.callee.name === 'RangeError'
  const text =
    isKnown && error.arguments.length === 1 ? compiled(error.arguments[0] as Expression, frame, world) : undefined
  if (text?.kind !== 'known') throw new NotCompiled('an error whose text is not known')
  return failing('RangeError', String(text.value), frame, world)
}

function failing(type: 'RangeError' | 'TypeError', text: string, frame: Frame, world: World): Code {
  frame.isOver = true
  return [...constant(world.errorOf(type, text)), ...call(FAIL), ...UNREACHABLE]
}

function loopOf(label: unknown, frame: Frame) {
  const innermost = frame.loops.at(-1)
  if (label || innermost === undefined) throw new NotCompiled('a label')
  return innermost
}

function declared({ declarations, kind }: VariableDeclaration, frame: Frame, world: World): Code {
  const value = (expression: Expression) => compiled(expression, frame, world)
  if (kind !== 'const' && kind !== 'let') throw new NotCompiled(`a ${kind}`)
  return declarations.flatMap(({ id, init }): Code => {
    const initial = init ? value(init) : undefined
    if (id.type === 'ObjectPattern' && initial !== undefined) return takenApart(id, initial, frame, world)
    if (id.type !== 'Identifier') throw new NotCompiled('a pattern')
    if (kind === 'const' && initial !== undefined) return bound(id.name, initial, frame, world)
    const local = frame.newLocal()
    const code = initial === undefined ? UNSET : codeOf(initial)
    frame.bindLocal(id.name, local, initial !== undefined && isBoolean(initial))
    return [...code, ...setLocal(local)]
  })
}

/** `const { a, b: c } = object` */
export function takenApart({ properties }: ObjectPattern, owner: Value, frame: Frame, world: World): Code {
  return properties.flatMap((property): Code => {
    if (property.type !== 'Property' || property.computed || property.value.type !== 'Identifier')
      throw new NotCompiled('a pattern with more than names')
    const value = member(owner, (property.key as { readonly name: string }).name, frame, world)
    return bound(property.value.name, value, frame, world)
  })
}

/** A name for a value that stays as it is. */
export function bound(name: string, value: Value, frame: Frame, world: World): Code {
  if (value.kind === 'known') {
    frame.bindValue(name, value)
    return []
  }
  if (value.kind === 'element') {
    frame.bindValue(name, { ...value, code: [] })
    return value.code
  }
  if (value.kind === 'fraction') {
    const local = frame.newFraction()
    frame.bindValue(name, fraction(getLocal(local), true))
    return [...value.code, ...setLocal(local)]
  }
  if (value.kind === 'computed' && !isWithin(value.range, SIGNED)) return namedWide(name, value, frame, world)
  const local = frame.newLocal()
  const range = isBoolean(value) ? BIT : rangeOf(value)
  frame.bindValue(name, { kind: 'computed', code: getLocal(local), isBoolean: isBoolean(value), isPure: true, range })
  return [...codeOf(value), ...setLocal(local)]
}

/** A loop over a typed array; or over a table that is known, or its entries, one turn after the other. */
function overElements(node: ForOfStatement, frame: Frame, world: World): Code {
  const of = entriesOf(node.right)
  const table = compiled(of ?? node.right, frame, world)
  const elements = of === undefined ? elementsOf(table, world) : undefined
  if (elements === undefined) return unrolled(node, of, table, frame, world)
  const id = node.left.type === 'VariableDeclaration' ? node.left.declarations[0]!.id : undefined
  if (id?.type !== 'Identifier') throw new NotCompiled('a loop without a name')
  if (mayLeave(node.body)) throw new NotCompiled('`break` or `continue` in a loop over an array')
  const [index, element] = [frame.newLocal(), frame.newLocal()]
  frame.bindLocal(id.name, element, false)
  const body = frame.inBlocks(2, () => codeOfStatement(node.body, frame, world))
  frame.isOver = false
  const turn = [...elements.at(index), ...setLocal(element), ...body]
  const next = [...getLocal(index), ...constant(1), ARITHMETIC['+'], ...teeLocal(index)]
  const again = [...next, ...constant(elements.length), COMPARISONS['<'], ...branchIf(0)]
  return [...constant(0), ...setLocal(index), ...block(loop([...turn, ...again]))]
}

function unrolled(
  { left, right, body }: ForOfStatement,
  of: Expression | undefined,
  table: Value,
  frame: Frame,
  world: World,
): Code {
  if (table.kind !== 'known' || !Array.isArray(table.value)) throw new NotCompiled('a loop over something unknown')
  const id = left.type === 'VariableDeclaration' ? left.declarations[0]!.id : undefined
  if (id === undefined) throw new NotCompiled('a loop without a name')
  keepElements(table.value, of ?? right, world)
  if (mayLeave(body)) throw new NotCompiled('`break` or `continue` in a loop over a table')
  const turns = (table.value as readonly unknown[]).map((each, index) =>
    frame.inScope(() => {
      const code = of === undefined ? named(id, each, frame, world) : entryNamed(id, index, each, frame, world)
      return [...code, ...codeOfStatement(body, frame, world)]
    }),
  )
  frame.isOver = false
  return turns.flat()
}

/** `table` of `table.entries()`. */
function entriesOf(node: Expression): Expression | undefined {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined
  const { object, property } = node.callee
  return property.type === 'Identifier' && property.name === 'entries' ? (object as Expression) : undefined
}

function named(id: Pattern, each: unknown, frame: Frame, world: World): Code {
  if (id.type === 'Identifier') return bound(id.name, known(each), frame, world)
  if (id.type === 'ObjectPattern') return takenApart(id, known(each), frame, world)
  throw new NotCompiled('a loop with a pattern')
}

function entryNamed(id: Pattern, index: number, each: unknown, frame: Frame, world: World): Code {
  const [first, second] = id.type === 'ArrayPattern' ? id.elements : []
  if (!first || !second) throw new NotCompiled('a loop over entries without two names')
  return [...named(first, index, frame, world), ...named(second, each, frame, world)]
}

function decided({ consequent, alternate }: IfStatement, test: Value, frame: Frame, world: World): Code {
  const code = (node: Statement | null | undefined) => (node ? codeOfStatement(node, frame, world) : [])
  if (test.kind === 'known') return code(test.value ? consequent : alternate)
  const branchOf = (node: Statement | null | undefined) => {
    const then = code(node)
    const { isOver } = frame
    frame.isOver = false
    return { then, isOver }
  }
  const [first, second] = frame.inBlocks(1, () => [branchOf(consequent), branchOf(alternate)] as const)
  frame.isOver = first.isOver && second.isOver
  return when(truthOf(test), first.then, second.then)
}

/** `block { loop { leave unless test; block { body } update; again } }`: `break` leaves the outer block, `continue` the inner. */
function repeated(node: ForStatement | WhileStatement | DoWhileStatement, frame: Frame, world: World): Code {
  const value = (expression: Expression) => compiled(expression, frame, world)
  const before = node.type === 'ForStatement' && node.init ? initialised(node.init, frame, world) : []
  const test = node.test
    ? node.type === 'DoWhileStatement'
      ? valueLater(node.test, frame, world)
      : value(node.test)
    : known(true)
  const endless = test.kind === 'known' && Boolean(test.value)
  const isFirst = node.type !== 'DoWhileStatement'
  frame.loops.push({ end: frame.depth + 1, next: frame.depth + 3 })
  const body = frame.inBlocks(3, () => codeOfStatement(node.body, frame, world))
  frame.isOver = false
  frame.loops.pop()
  const after = node.type === 'ForStatement' && node.update ? discarded(valueLater(node.update, frame, world)) : []
  const leave = endless ? [] : [truthOf(test), IS_ZERO, branchIf(1)]
  return [
    ...before,
    ...block(loop([...(isFirst ? leave : []), ...block(body), ...after, ...(isFirst ? [] : leave), ...branch(0)])),
  ]
}

/** What is computed after a turn of the loop: if it throws, the turn comes first. */
function valueLater(node: Expression, frame: Frame, world: World): Value {
  try {
    return compiled(node, frame, world)
  } catch (error) {
    throw error instanceof Throws ? new NotCompiled(error.message) : error
  }
}

const initialised = (init: NonNullable<ForStatement['init']>, frame: Frame, world: World): Code =>
  init.type === 'VariableDeclaration' ? codeOfStatement(init, frame, world) : discarded(compiled(init, frame, world))
