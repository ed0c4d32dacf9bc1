import type { AnyNode, Function as FunctionNode, Node, Pattern, Program } from 'acorn'
import { ancestor, full } from 'acorn-walk'

/** `end`: from there on it has a value. `closure`: the function that it always is, if that is known. */
export type Declared = { readonly name: string; readonly end: number; readonly scope: Node; readonly closure?: Node }
type Use = { readonly name: string; readonly at: number }
export type Names = { readonly declared: readonly Declared[]; readonly uses: readonly Use[] }

/** The declarations in functions, and all uses of the names. What a module declares is left out: modules keep no state. */
export function namesIn(tree: Program): Names {
  const declared: Declared[] = []
  const uses: Use[] = []
  const declare = (pattern: Pattern, end: number, scope: Node, closure?: Node) => {
    if ((scope as AnyNode).type === 'Program') return
    for (const name of boundIn(pattern)) declared.push({ name, end, scope, ...(closure && { closure }) })
  }
  full(tree, (node) => {
    if (node.type === 'Identifier') uses.push({ name: node.name, at: node.start })
  })
  ancestor(tree, {
    VariableDeclaration(node, _, ancestors) {
      const path = ancestors as AnyNode[]
      // A variable of the whole function has a value from its beginning: undefined, or what a turn of a loop has left in it.
      const isOfFunction = node.kind === 'var'
      const scope = (isOfFunction ? path.findLast(isFunction)?.body : undefined) ?? scopeIn(path)
      for (const { id, init, end } of node.declarations) {
        const isClosure =
          node.kind === 'const' && id.type === 'Identifier' && init != null && isFunction(init as AnyNode)
        declare(id, isOfFunction ? scope.start : end, scope, isClosure ? init : undefined)
      }
    },
    ClassDeclaration(node, _, ancestors) {
      if (node.id !== null) declare(node.id, node.end, scopeIn(ancestors as AnyNode[]))
    },
    CatchClause(node) {
      if (node.param) declare(node.param, node.body.start, node)
    },
    Function(node, _, ancestors) {
      for (const pattern of node.params) declare(pattern, node.body.start, node)
      if (node.type !== 'FunctionDeclaration' || !node.id) return
      // It has its value from the beginning of the block.
      const scope = scopeIn(ancestors as AnyNode[])
      declare(node.id, scope.start, scope, node)
    },
  })
  return { declared, uses }
}

/** What a declaration at the end of such a path is visible in. */
const scopeIn = (path: readonly AnyNode[]): AnyNode =>
  path.slice(0, -1).findLast(({ type }) => /Block|^For|Switch|Program/.test(type))!

export const isFunction = (node: AnyNode): node is AnyNode & FunctionNode => /Function/.test(node.type)

/** Offsets in the text of a module. */
export type Span = { readonly start: number; readonly end: number }

export const contains = (outer: Span, inner: Span): boolean => outer.start <= inner.start && inner.end <= outer.end

/** Whether a node or one in it is such a node. */
export function has(outer: Node, isWanted: (node: AnyNode) => boolean): boolean {
  let found = false
  full(outer, (node) => {
    found ||= isWanted(node as AnyNode)
  })
  return found
}

/** The names that a pattern binds. */
export function boundIn(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'ObjectPattern':
      return pattern.properties.flatMap((part) => boundIn(part.type === 'RestElement' ? part.argument : part.value))
    case 'ArrayPattern':
      return pattern.elements.flatMap((part) => (part === null ? [] : boundIn(part)))
    case 'AssignmentPattern':
      return boundIn(pattern.left)
    case 'RestElement':
      return boundIn(pattern.argument)
    default:
      return []
  }
}
