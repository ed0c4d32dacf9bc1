import type { AnyNode, AssignmentExpression, BinaryOperator, Expression, ForStatement, Statement } from 'acorn'
import { full } from 'acorn-walk'
import { binary } from './arithmetic.ts'
import type { Code } from './encode.ts'
import { compiled } from './expressions.ts'
import type { Frame } from './frame.ts'
import { block } from './instructions.ts'
import { known, NotCompiled, Throws } from './values.ts'
import type { World } from './world.ts'

/** The most turns of a loop that are compiled one by one: the levels of a page table, and one more. */
const MOST_TURNS = 5

type Counter = { readonly name: string; readonly first: Expression; readonly update: AssignmentExpression }

/**
 * `for (let level = 4; ...; level -= 1)`, one turn after the other, as which turn it is says much about its code. Undefined: which turns
 * there are depends on what is not known, or they are too many.
 */
export function turnsOf(
  node: ForStatement,
  frame: Frame,
  world: World,
  compileBody: (body: Statement) => Code,
): Code | undefined {
  const counter = counterOf(node)
  if (counter === undefined) return undefined
  const enclosing = frame.loops.length
  try {
    return frame.inScope(() => counted(node, counter, frame, world, compileBody))
  } catch (error) {
    if (!(error instanceof NotCompiled || error instanceof Throws)) throw error
    frame.loops.length = enclosing
    frame.isOver = false
    return undefined
  }
}

/** `break` leaves the block around all turns, `continue` that of its turn. */
function counted(
  { test, body }: ForStatement,
  { name, first, update }: Counter,
  frame: Frame,
  world: World,
  compileBody: (body: Statement) => Code,
): Code {
  const value = (expression: Expression) => compiled(expression, frame, world)
  const operator = update.operator.slice(0, -1)
  const next = () => {
    const right = value(update.right)
    return operator === '' ? right : binary(operator as BinaryOperator, frame.lookUp(name), right, frame, world)
  }
  const end = frame.depth + 1
  const turns: Code[] = []
  for (let count = value(first); ; count = next()) {
    frame.bindValue(name, count)
    const goesOn = test ? value(test) : known(true)
    if (count.kind !== 'known' || goesOn.kind !== 'known') throw new NotCompiled('a loop whose turns are not known')
    if (!goesOn.value) return block(turns.flat())
    if (turns.length === MOST_TURNS) throw new NotCompiled('a loop of too many turns')
    frame.loops.push({ end, next: end + 1 })
    turns.push(block(frame.inBlocks(2, () => compileBody(body))))
    frame.loops.pop()
    // No way leads to the next turn, nor behind the loop.
    if (frame.isOver && !mayLeave(body)) return block(turns.flat())
    frame.isOver = false
  }
}

/** The only name that a loop declares, if only the end of a turn changes it. */
function counterOf({ init, update, body }: ForStatement): Counter | undefined {
  const [only, another] = init?.type === 'VariableDeclaration' ? init.declarations : []
  if (only?.id.type !== 'Identifier' || !only.init || another !== undefined) return undefined
  const { name } = only.id
  const isChanged = (target: AnyNode) => target.type === 'Identifier' && target.name === name
  if (update?.type !== 'AssignmentExpression' || !isChanged(update.left)) return undefined
  let changesWithin = false
  full(body, (node) => {
    if (node.type === 'AssignmentExpression') changesWithin ||= isChanged(node.left)
    if (node.type === 'UpdateExpression') changesWithin ||= isChanged(node.argument)
  })
  return changesWithin ? undefined : { name, first: only.init, update }
}

/** Whether a `break` or `continue` is in it. */
export function mayLeave(body: Statement): boolean {
  let found = false
  full(body, ({ type }) => {
    found ||= type === 'BreakStatement' || type === 'ContinueStatement'
  })
  return found
}
