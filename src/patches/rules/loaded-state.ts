import type { AnyNode, ClassDeclaration, ClassExpression, Function as FunctionNode, Program } from 'acorn'
import { ancestor, full, fullAncestor } from 'acorn-walk'
import { boundIn } from '../../builds/names.ts'
import { changedBy, mutatedBy, rootOf } from './targets.ts'

type Class = ClassDeclaration | ClassExpression

/** A module keeps, by loading, objects whose methods change them, and functions that change what a call of their maker left them. */
export function checkLoaded(tree: Program, refuse: (node: AnyNode) => void): void {
  const named = namedIn(tree)
  const isLoading = (ancestors: readonly AnyNode[]) => !ancestors.slice(0, -1).some(({ type }) => /Function/.test(type))
  ancestor(tree, {
    NewExpression(node, _, ancestors) {
      const made = node.callee.type === 'Identifier' ? named.get(node.callee.name) : (node.callee as AnyNode)
      if (isLoading(ancestors as AnyNode[]) && isClass(made) && changesItself(made, named)) refuse(node)
    },
    CallExpression(node, _, ancestors) {
      const called = node.callee.type === 'Identifier' ? named.get(node.callee.name) : (node.callee as AnyNode)
      if (!isLoading(ancestors as AnyNode[]) || !isFunction(called)) return
      for (const change of changesOfInner(called)) refuse(change)
    },
  })
  // In a static method `this` is the class, of which there is one.
  full(tree, (node) => {
    if (node.type !== 'MethodDefinition' || !node.static) return
    for (const change of changesIn(node.value.body, (root) => root === 'this')) refuse(change)
  })
}

const isClass = (node: AnyNode | undefined): node is Class => /^Class(Decl|Expr)/.test(node?.type ?? '')
const isFunction = (node: AnyNode | undefined): node is FunctionNode & AnyNode => /Function/.test(node?.type ?? '')

/** Functions and classes of the module by their names. */
function namedIn(tree: Program): Map<string, AnyNode> {
  const named = new Map<string, AnyNode>()
  for (const statement of tree.body) {
    const node = 'declaration' in statement ? (statement.declaration as AnyNode | null) : statement
    if ((node?.type === 'FunctionDeclaration' || node?.type === 'ClassDeclaration') && node.id !== null)
      named.set(node.id.name, node)
    if (node?.type !== 'VariableDeclaration') continue
    for (const { id, init } of node.declarations) if (id.type === 'Identifier' && init) named.set(id.name, init)
  }
  return named
}

/** Whether a method of the class, or of one that it extends, changes a field. */
function changesItself({ body, superClass }: Class, named: ReadonlyMap<string, AnyNode>): boolean {
  const above = superClass?.type === 'Identifier' ? named.get(superClass.name) : undefined
  if (isClass(above) && changesItself(above, named)) return true
  return body.body.some((member) => {
    const isOwn = member.type === 'MethodDefinition' || member.type === 'PropertyDefinition'
    if (!isOwn || member.static || (member.type === 'MethodDefinition' && member.kind === 'constructor')) return false
    return member.value != null && changesIn(member.value, (root) => root === 'this').length > 0
  })
}

/** Where functions within a function change its variables, or what is in them, after it has returned. */
function changesOfInner(outer: FunctionNode & AnyNode): Set<AnyNode> {
  const own = boundWithin(outer)
  const changes = new Set<AnyNode>()
  fullAncestor(outer, (node, _, ancestors) => {
    const around = (ancestors as readonly AnyNode[]).at(-2)
    if (node === outer || !isFunction(node) || isCallback(node, around)) return
    const names = boundWithin(node)
    for (const change of changesIn(node.body, (root) => own.has(root) && !names.has(root))) changes.add(change)
  })
  return changes
}

/** `list.forEach((each) => ...)`: it runs at once. */
const isCallback = (node: AnyNode, around: AnyNode | undefined) =>
  around?.type === 'CallExpression' && around.callee.type === 'MemberExpression' && around.callee !== node

/** Parameters and variables of a function, and of those within it. */
function boundWithin(outer: FunctionNode & AnyNode): Set<string> {
  const names = new Set<string>()
  full(outer, (node) => {
    if (isFunction(node)) for (const name of node.params.flatMap(boundIn)) names.add(name)
    if (node.type === 'VariableDeclarator') for (const name of boundIn(node.id)) names.add(name)
  })
  return names
}

/** Nodes that change something at one of these roots. */
function changesIn(body: AnyNode, isAt: (root: string) => boolean): AnyNode[] {
  const changes = new Set<AnyNode>()
  full(body, (node) => {
    const mutated = node.type === 'CallExpression' ? mutatedBy(node) : undefined
    const targets = [...changedBy(node), ...(mutated === undefined ? [] : [mutated])]
    if (targets.some((target) => isAt(rootOf(target) ?? ''))) changes.add(node)
  })
  return [...changes]
}
