import type { AnyNode, Expression, Node, Statement, YieldExpression } from 'acorn'
import { ancestor, recursive } from 'acorn-walk'
import { blank, type Cut, readMarks } from './marks.ts'

/** A `yield*` with which a function ends, and whether its result is that of the function. */
type End = { readonly start: number; readonly isReturned: boolean }

/** The instructions of a `Cpu`: what a protocol passes a word, a kind or a time to. */
const INSTRUCTIONS = new Set(
  'read write load store loadAcquire storeRelease add sub and or xchg cas barrier untilEqual untilClear park unpark pause untilTime work broadcast'.split(
    ' ',
  ),
)
/** `GOES_ON` of model/cpu.ts: an instruction that was carried out at once is not asked for its steps. */
const UNLESS_DONE = '.fate === 0 ? cpu.value : yield* cpu)'

/**
 * The flat build of a module. A generator that takes no step of its own but ends with those of another is no generator there: it
 * returns the other's steps, so that a CPU which pauses is resumed through fewer functions. The loop of a role yields each of its
 * operations instead of going through their steps, and is resumed when the operation is over (model/play.ts). As in the direct
 * build nothing is inserted or moved: `*` is blanked, `yield*` too or replaced by `return`, which is as long.
 *
 * With `hasShortcuts` an instruction is looked at before its steps are gone through: most are carried out at once, and `yield*` of nothing
 * takes longer than many of them. Lines stay where they are, and what stands behind an instruction in its line moves.
 */
export function toFlat(text: string, hasShortcuts = false): string {
  const { tree, starAfter, starOfFunction } = readMarks(text)
  const cuts: Cut[] = []
  const instructions: (readonly [start: number, call: Expression])[] = []
  const passedOnAt = new Set<number>()
  ancestor(tree, {
    YieldExpression({ start, argument }) {
      if (hasShortcuts && isInstruction(argument)) instructions.push([start, argument!])
    },
    ExpressionStatement({ expression }, _state, ancestors) {
      if (!isOperation(expression) || !isInLoopOfRole(ancestors as AnyNode[])) return
      const star = starAfter(expression.start)
      cuts.push([star.start, star.end])
    },
    Function(node, _state, ancestors) {
      const ends = node.generator ? endsOf(node.body as AnyNode) : undefined
      if (ends === undefined || ends.length !== countIn(node.body, 'YieldExpression')) return
      const star = starOfFunction(node, ancestors as AnyNode[])
      cuts.push([star.start, star.end])
      for (const { start, isReturned } of ends) {
        cuts.push([start, starAfter(start).end, isReturned ? '' : 'return'])
        passedOnAt.add(start)
      }
    },
  })
  for (const [start, call] of instructions) {
    if (!passedOnAt.has(start)) cuts.push([start, starAfter(start).end, '('], [call.end, call.end, UNLESS_DONE])
  }
  return blank(text, cuts)
}

function isInstruction(argument: Expression | null | undefined): boolean {
  if (argument?.type !== 'CallExpression' || argument.callee.type !== 'MemberExpression') return false
  const { object, property } = argument.callee
  return (
    object.type === 'Identifier' &&
    object.name === 'cpu' &&
    property.type === 'Identifier' &&
    INSTRUCTIONS.has(property.name)
  )
}

/** A function that is gone through for what it does: what an instruction or a method gives may be of use. */
function isOperation(expression: Expression): boolean {
  if (expression.type !== 'YieldExpression') return false
  const { argument } = expression
  return argument?.type === 'CallExpression' && argument.callee.type === 'Identifier'
}

/** Whether the innermost function goes on there for as long as its CPU is running. */
function isInLoopOfRole(ancestors: readonly AnyNode[]): boolean {
  const own = ancestors.slice(ancestors.findLastIndex(({ type }) => type.includes('Function')) + 1)
  return own.some(
    (node) => (node.type === 'WhileStatement' || node.type === 'ForStatement') && asksIfRunning(node.test),
  )
}

function asksIfRunning(test: Expression | null | undefined): boolean {
  if (test?.type === 'LogicalExpression') return asksIfRunning(test.left) || asksIfRunning(test.right)
  if (test?.type !== 'CallExpression' || test.callee.type !== 'MemberExpression') return false
  const { property } = test.callee
  return property.type === 'Identifier' && property.name === 'running'
}

/** The `yield*` with which every way through the statement ends, or undefined if one of them ends without. */
function endsOf(node: AnyNode | null | undefined): End[] | undefined {
  switch (node?.type) {
    case 'BlockStatement':
      return together(node.body.map((one, at) => (at === node.body.length - 1 ? endsOf(one) : exitsOf(one))))
    case 'IfStatement':
      return together([endsOf(node.consequent), endsOf(node.alternate)])
    case 'ReturnStatement':
      return passedOn(node.argument)
    case 'ExpressionStatement':
      return node.expression.type === 'YieldExpression' ? [endAt(node.expression, false)] : undefined
    default:
      return undefined
  }
}

/** The same of a statement after which others follow: it may end the function, or not. */
function exitsOf(node: Statement): End[] | undefined {
  if (countIn(node, 'ReturnStatement') === 0) return []
  return node.type === 'IfStatement' && node.alternate == null ? endsOf(node.consequent) : undefined
}

function passedOn(value: Expression | null | undefined): End[] | undefined {
  if (value?.type === 'YieldExpression') return [endAt(value, true)]
  if (value?.type !== 'ConditionalExpression') return undefined
  return together([passedOn(value.consequent), passedOn(value.alternate)])
}

const endAt = ({ start }: YieldExpression, isReturned: boolean): End => ({ start, isReturned })

function together(parts: readonly (End[] | undefined)[]): End[] | undefined {
  const all = parts.filter((part) => part !== undefined)
  return all.length === 0 || all.length < parts.length ? undefined : all.flat()
}

/** How many nodes of a type belong to `node` itself and not to a function within. */
function countIn(node: Node, type: 'YieldExpression' | 'ReturnStatement'): number {
  let count = 0
  recursive(node, null, {
    Function() {},
    [type](
      own: AnyNode & { readonly argument?: Expression | null },
      state: null,
      go: (node: Node, state: null) => void,
    ) {
      count += 1
      if (own.argument) go(own.argument, state)
    },
  })
  return count
}
