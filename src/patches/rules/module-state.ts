import type { AnyNode, Expression, NewExpression, Program } from 'acorn'
import { full, fullAncestor } from 'acorn-walk'
import { boundIn } from '../../builds/names.ts'
import { checkLoaded } from './loaded-state.ts'
import type { Refuse } from './problem.ts'
import { changedBy, mutatedBy, redefinedBy, rootOf } from './targets.ts'

export const STATE = 'a module keeps no state, for each thread would have its own: place a word'

const COLLECTIONS = /^((Weak)?(Map|Set)|Array|(Int|Uint)(8|16|32)Array|Uint8ClampedArray|Float(32|64)Array)$/

type Kind = 'collection' | 'searcher' | 'other'

/** A constant of the module may be an object, but no function may change what is in it. */
export function checkModuleState(tree: Program, refuse: Refuse): void {
  const constants = constantsOf(tree)
  for (const name of namesIn(tree)) constants.delete(name)
  const isKept = (node: AnyNode | undefined) => node !== undefined && constants.has(rootOf(node) ?? '')
  fullAncestor(tree, (node, _, ancestors) => {
    // What a module does while it is loaded, each thread does alike.
    if (!(ancestors as readonly AnyNode[]).some(({ type }) => /Function|Method/.test(type))) return
    if (changedBy(node).some((target) => target.type === 'MemberExpression' && isKept(target))) refuse(node, STATE)
    if (node.type !== 'CallExpression') return
    const mutated = mutatedBy(node)
    const isMutated = mutated !== undefined && constants.get(rootOf(mutated) ?? '') === 'collection'
    if (isMutated || isKept(redefinedBy(node)) || isSearch(node.callee, constants)) refuse(node, STATE)
  })
  checkLoaded(tree, (node) => refuse(node, STATE))
}

/** `test()` and `exec()` of an expression with the flag g or y go on where they ended. */
function isSearch(callee: AnyNode, constants: ReadonlyMap<string, Kind>): boolean {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false
  const isOwn = callee.object.type === 'Identifier' && constants.get(callee.object.name) === 'searcher'
  return isOwn && /^(test|exec)$/.test(callee.property.name)
}

/** What the module, or one that it imports, has by a name, and which of that are collections, or hold such. */
function constantsOf(tree: Program): Map<string, Kind> {
  const statements = tree.body.map((node) => ('declaration' in node ? (node.declaration as AnyNode | null) : node))
  return new Map(
    statements.flatMap((node): (readonly [string, Kind])[] => {
      if (node?.type === 'ImportDeclaration') return node.specifiers.map(({ local }) => [local.name, 'other'] as const)
      if (node?.type === 'ClassDeclaration' || node?.type === 'FunctionDeclaration')
        return node.id === null ? [] : [[node.id.name, 'other']]
      if (node?.type !== 'VariableDeclaration') return []
      return node.declarations.flatMap(({ id, init }) => boundIn(id).map((name) => [name, kindOf(init)] as const))
    }),
  )
}

function kindOf(init: Expression | null | undefined): Kind {
  if (init?.type === 'Literal') return 'regex' in init && /[gy]/.test(init.regex?.flags ?? '') ? 'searcher' : 'other'
  if (init?.type === 'ArrayExpression' || init?.type === 'ObjectExpression') return 'collection'
  if (init?.type !== 'NewExpression') return 'other'
  const { name = '' } = (init as NewExpression & { callee: { name?: string } }).callee
  return COLLECTIONS.test(name) ? 'collection' : 'other'
}

/** Names that a function has for itself as well: what it changes may be its own. */
function namesIn(tree: Program): Set<string> {
  const names = new Set<string>()
  const ofModule = new Set<AnyNode>(
    tree.body.flatMap((node) => ['declaration' in node ? (node.declaration as AnyNode) : node]),
  )
  full(tree, (node) => {
    if (/Function/.test(node.type))
      for (const name of (node as { params: readonly never[] } & AnyNode).params.flatMap(boundIn)) names.add(name)
    if (node.type === 'VariableDeclaration' && !ofModule.has(node))
      for (const { id } of node.declarations) for (const name of boundIn(id)) names.add(name)
  })
  return names
}
