// The flat build: what the modelled machine runs. A generator that takes no step of its own but ends with those of another is no
// generator there: it returns the other's steps, so that a CPU which pauses is resumed through fewer functions. The loop of a role
// yields each of its operations instead of going through their steps, and is resumed when the operation is over (model/play.ts).
// As in the direct build nothing is inserted or moved: `*` is blanked, `yield*` too or replaced by `return`, which is as long.
import { parse } from 'acorn'
import { ancestor, recursive } from 'acorn-walk'
import { blank, starsOf } from './direct.js'

/**
 * Blanks the generator marks of the functions of one emitted module that only pass on the steps of others, and the stars with
 * which loops of roles go through their operations.
 *
 * @param {string} text the emitted JavaScript
 * @returns {string} text of the same length and the same lines
 */
export function toFlat(text) {
  const tokens = []
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', onToken: tokens })
  const { starOfFunction, starAfter } = starsOf(text, tokens)
  const cuts = []
  ancestor(tree, {
    ExpressionStatement({ expression }, _state, ancestors) {
      if (!isOperation(expression) || !isInLoopOfRole(ancestors)) return
      const star = starAfter(expression.start)
      cuts.push([star.start, star.end])
    },
    Function(node, _state, ancestors) {
      const ends = node.generator ? endsOf(node.body) : undefined
      if (ends === undefined || ends.length !== countIn(node.body, 'YieldExpression')) return
      const star = starOfFunction(node, ancestors)
      cuts.push([star.start, star.end])
      for (const { start, isReturned } of ends) cuts.push([start, starAfter(start).end, isReturned ? '' : 'return'])
    },
  })
  return blank(text, cuts)
}

/** A function that is gone through for what it does: what an instruction or a method gives may be of use. */
const isOperation = ({ type, argument }) => type === 'YieldExpression' && argument.callee?.type === 'Identifier'

/** Whether the innermost function goes on there for as long as its CPU is running. */
function isInLoopOfRole(ancestors) {
  const own = ancestors.slice(ancestors.findLastIndex(({ type }) => type.includes('Function')) + 1)
  return own.some(({ type, test }) => /^(While|For)Statement$/.test(type) && asksWhetherRunning(test))
}

const asksWhetherRunning = (test) =>
  test?.type === 'LogicalExpression'
    ? asksWhetherRunning(test.left) || asksWhetherRunning(test.right)
    : test?.callee?.property?.name === 'running'

/** The `yield*` with which every way through the statement ends, or undefined if one of them ends without. */
function endsOf(node) {
  switch (node?.type) {
    case 'BlockStatement':
      return together(node.body.map((one, at) => (at === node.body.length - 1 ? endsOf(one) : exitsOf(one))))
    case 'IfStatement':
      return together([endsOf(node.consequent), endsOf(node.alternate)])
    case 'ReturnStatement':
      return passedOn(node.argument)
    case 'ExpressionStatement':
      return node.expression.type === 'YieldExpression'
        ? [{ start: node.expression.start, isReturned: false }]
        : undefined
    default:
      return undefined
  }
}

/** The same of a statement after which others follow: it may end the function, or not. */
function exitsOf(node) {
  if (countIn(node, 'ReturnStatement') === 0) return []
  return node.type === 'IfStatement' && node.alternate === null ? endsOf(node.consequent) : undefined
}

function passedOn(value) {
  if (value?.type === 'YieldExpression') return [{ start: value.start, isReturned: true }]
  if (value?.type !== 'ConditionalExpression') return undefined
  return together([passedOn(value.consequent), passedOn(value.alternate)])
}

const together = (parts) => (parts.length === 0 || parts.includes(undefined) ? undefined : parts.flat())

/** How many nodes of a type belong to `node` itself and not to a function within. */
function countIn(node, type) {
  let count = 0
  const visit = (own, state, go) => {
    count += 1
    for (const part of [own.argument]) if (part) go(part, state)
  }
  recursive(node, null, { Function() {}, [type]: visit })
  return count
}
