import type { AnyNode, Function as FunctionNode, Node } from 'acorn'
import { ancestor, full, type RecursiveVisitors, recursive } from 'acorn-walk'

/** The nodes of a function that contain one of its own steps, including the steps. */
export function nodesAroundSteps(fn: FunctionNode): ReadonlySet<Node> {
  const found = new Set<Node>()
  ancestor(fn.body, {
    YieldExpression(_node, _state, above) {
      if (!above.some(({ type }) => type.includes('Function'))) for (const one of above) found.add(one)
    },
  })
  return found
}

const NOT_WITHIN: RecursiveVisitors<null> = Object.fromEntries(
  ['Function', 'WhileStatement', 'DoWhileStatement', 'ForStatement', 'ForOfStatement', 'ForInStatement'].map((type) => [
    type,
    () => {},
  ]),
)

/** Each `continue` in a statement that belongs to a loop around it. */
export function continuesOf(node: Node): Node[] {
  const found: Node[] = []
  recursive(node, null, {
    ...NOT_WITHIN,
    ContinueStatement: (one: AnyNode & { readonly label?: Node | null }) => {
      if (one.label == null) found.push(one)
    },
  })
  return found
}

export function has(node: Node, type: AnyNode['type']): boolean {
  let isFound = false
  full(node, (one) => {
    isFound ||= one.type === type
  })
  return isFound
}
