import type {
  BlockStatement,
  DoWhileStatement,
  Expression,
  ForStatement,
  IfStatement,
  Statement,
  VariableDeclaration,
  WhileStatement,
} from 'acorn'
import type { Code } from './encode.ts'
import { compiled, type World } from './expressions.ts'
import { type Frame, UNSET } from './frame.ts'
import { block, branch, branchIf, IS_ZERO, loop, RETURN, setLocal, when } from './instructions.ts'
import { discarded } from './operations.ts'
import { codeOf, isBoolean, known, NotCompiled, nothing, type Value } from './values.ts'

/** The code of a statement. */
function codeOfStatement(node: Statement, frame: Frame, world: World): Code {
  const value = (expression: Expression) => compiled(expression, frame, world)
  switch (node.type) {
    case 'EmptyStatement':
      return []
    case 'BlockStatement':
      return frame.inScope(() => codeOfBody(node, frame, world))
    case 'ExpressionStatement':
      return discarded(value(node.expression))
    case 'VariableDeclaration':
      return declared(node, frame, value)
    case 'IfStatement':
      return decided(node, value(node.test), frame, world)
    case 'ReturnStatement':
      return [...frame.returns(node.argument ? value(node.argument) : nothing()), ...RETURN]
    case 'ForStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      return frame.inScope(() => repeated(node, frame, world))
    case 'BreakStatement':
      return branch(frame.depth - loopOf(node.label, frame).end)
    case 'ContinueStatement':
      return branch(frame.depth - loopOf(node.label, frame).next)
    default:
      throw new NotCompiled(`a ${node.type}`)
  }
}

export const codeOfBody = ({ body }: BlockStatement, frame: Frame, world: World): Code =>
  body.flatMap((each) => codeOfStatement(each, frame, world))

function loopOf(label: unknown, frame: Frame) {
  const innermost = frame.loops.at(-1)
  if (label || innermost === undefined) throw new NotCompiled('a label')
  return innermost
}

function declared({ declarations, kind }: VariableDeclaration, frame: Frame, value: (node: Expression) => Value): Code {
  return declarations.flatMap(({ id, init }): Code => {
    if (id.type !== 'Identifier') throw new NotCompiled('a pattern')
    const initial = init ? value(init) : undefined
    if (kind === 'const' && initial?.kind === 'known') {
      frame.bindValue(id.name, initial)
      return []
    }
    if (kind === 'const' && initial?.kind === 'element') {
      frame.bindValue(id.name, { ...initial, code: [] })
      return initial.code
    }
    const local = frame.newLocal()
    const code = initial === undefined ? UNSET : codeOf(initial)
    frame.bindLocal(id.name, local, initial !== undefined && isBoolean(initial))
    return [...code, ...setLocal(local)]
  })
}

function decided({ consequent, alternate }: IfStatement, test: Value, frame: Frame, world: World): Code {
  const code = (node: Statement | null | undefined) => (node ? codeOfStatement(node, frame, world) : [])
  if (test.kind === 'known') return code(test.value ? consequent : alternate)
  const branches = frame.inBlocks(1, () => [code(consequent), code(alternate)] as const)
  return when(codeOf(test), ...branches)
}

/** `block { loop { leave unless test; block { body } update; again } }`: `break` leaves the outer block, `continue` the inner. */
function repeated(node: ForStatement | WhileStatement | DoWhileStatement, frame: Frame, world: World): Code {
  const value = (expression: Expression) => compiled(expression, frame, world)
  const before = node.type === 'ForStatement' && node.init ? initialised(node.init, frame, world) : []
  const test = node.test ? value(node.test) : known(true)
  const endless = test.kind === 'known' && Boolean(test.value)
  const isFirst = node.type !== 'DoWhileStatement'
  frame.loops.push({ end: frame.depth + 1, next: frame.depth + 3 })
  const body = frame.inBlocks(3, () => codeOfStatement(node.body, frame, world))
  frame.loops.pop()
  const after = node.type === 'ForStatement' && node.update ? discarded(value(node.update)) : []
  const leave = endless ? [] : [...codeOf(test), ...IS_ZERO, ...branchIf(1)]
  return [
    ...before,
    ...block(loop([...(isFirst ? leave : []), ...block(body), ...after, ...(isFirst ? [] : leave), ...branch(0)])),
  ]
}

const initialised = (init: NonNullable<ForStatement['init']>, frame: Frame, world: World): Code =>
  init.type === 'VariableDeclaration' ? codeOfStatement(init, frame, world) : discarded(compiled(init, frame, world))
