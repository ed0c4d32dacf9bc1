import type { AnyNode, Expression, NewExpression, Program, Super } from 'acorn'
import { full, fullAncestor } from 'acorn-walk'
import { boundIn } from '../../builds/traced.ts'
import type { Refuse } from './problem.ts'

const STATE = 'a module keeps no state, for each thread would have its own: place a word'

const MUTATORS = new Set('push pop shift unshift splice sort reverse copyWithin fill set add delete clear'.split(' '))
const COLLECTIONS = /^((Weak)?(Map|Set)|Array|(Int|Uint)(8|16|32)Array|Uint8ClampedArray|Float(32|64)Array)$/

/** A constant of the module may be an object, but no function may change what is in it. */
export function checkModuleState(tree: Program, refuse: Refuse): void {
  const constants = constantsOf(tree)
  for (const name of namesIn(tree)) constants.delete(name)
  const check = (target: AnyNode, at: AnyNode) => {
    const root = target.type === 'MemberExpression' ? rootOf(target) : undefined
    if (root !== undefined && constants.has(root)) refuse(at, STATE)
  }
  fullAncestor(tree, (node, _, ancestors) => {
    // What a module does while it is loaded, each thread does alike.
    if (!(ancestors as readonly AnyNode[]).some(({ type }) => /Function|Method/.test(type))) return
    if (node.type === 'AssignmentExpression') check(node.left, node)
    if (node.type === 'UpdateExpression') check(node.argument, node)
    if (node.type === 'UnaryExpression' && node.operator === 'delete') check(node.argument, node)
    if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return
    const { object, property } = node.callee
    const isMutator = property.type === 'Identifier' && MUTATORS.has(property.name)
    if (isMutator && constants.get(rootOf(object) ?? '') === 'collection') refuse(node, STATE)
  })
}

/** The name at which `a.b[c].d` begins. */
function rootOf(node: Expression | Super): string | undefined {
  if (node.type === 'MemberExpression') return rootOf(node.object)
  return node.type === 'Identifier' ? node.name : undefined
}

/** The constants of the module, and which of them are collections, or hold such. */
function constantsOf(tree: Program): Map<string, 'collection' | 'other'> {
  const declarations = tree.body.flatMap((node) => {
    const inner = node.type === 'ExportNamedDeclaration' ? node.declaration : node
    return inner?.type === 'VariableDeclaration' ? inner.declarations : []
  })
  return new Map(
    declarations.flatMap(({ id, init }) =>
      boundIn(id).map((name) => [name, init && isCollection(init) ? 'collection' : 'other'] as const),
    ),
  )
}

function isCollection(init: Expression): boolean {
  if (init.type === 'ArrayExpression' || init.type === 'ObjectExpression') return true
  return (
    init.type === 'NewExpression' &&
    COLLECTIONS.test((init as NewExpression & { callee: { name?: string } }).callee.name ?? '')
  )
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
