import type { AnyNode, Function as FunctionNode, Node, Pattern } from 'acorn'
import { ancestor } from 'acorn-walk'

/** The values that a function saves while it waits: its parameters except the first, and the names declared around its steps. */
export type Locals = { readonly parameters: readonly string[]; readonly names: readonly string[] }

type Declared = { readonly name: string; readonly at: number; readonly scope: Node; readonly isConst: boolean }
type Use = {
  readonly name: string
  readonly above: readonly AnyNode[]
  readonly isWithinOther: boolean
  readonly isChanged: boolean
}

/**
 * The locals of a function whose names can all become names of the whole function, and can be restored; undefined if
 * that is impossible: a name stands for two variables at a time, or an inner function could see the change.
 */
export function localsOf(fn: FunctionNode, stepped: ReadonlySet<Node>): Locals | undefined {
  const [first, ...others] = fn.params
  if (first?.type !== 'Identifier' || first.name !== 'cpu') return undefined
  const parameters = others.flatMap(namesIn)
  const declared = [...stepped].flatMap(declaredIn)
  const uses = usesIn(fn)
  const usesOf = (name: string) => uses.filter((use) => use.name === name)
  if (usesOf('arguments').length > 0 || usesOf('cpu').some(({ isChanged }) => isChanged)) return undefined
  const isKept = (name: string) =>
    usesOf(name).every((use) => !use.isWithinOther) || !usesOf(name).some((use) => use.isChanged)
  const isOne = ({ name, scope, isConst }: Declared) => {
    const same = declared.filter((other) => other.name === name)
    // One that is declared further down has no value yet.
    const isAlone = same.every((other) => {
      return other.scope === scope || other.at > scope.end || !contains(other.scope, scope)
    })
    const isSeen = usesOf(name).every(({ above, isWithinOther }) => {
      return (isConst || !isWithinOther) && same.some((other) => above.includes(other.scope as AnyNode))
    })
    return isAlone && isSeen && !parameters.includes(name) && name !== 'cpu' && !name.startsWith('$')
  }
  if (!parameters.every(isKept) || !declared.every(isOne)) return undefined
  return { parameters, names: [...new Set(declared.map(({ name }) => name))] }
}

const contains = (outer: Node, inner: Node) => outer.start <= inner.start && inner.end <= outer.end

/** The names that a node declares for its inner nodes. */
function declaredIn(scope: Node): Declared[] {
  const node = scope as AnyNode
  const own = node.type === 'BlockStatement' ? node.body : []
  const init = node.type === 'ForStatement' ? node.init : node.type === 'ForOfStatement' ? node.left : undefined
  return [...own, ...(init == null ? [] : [init])].flatMap((one) => {
    if (one.type !== 'VariableDeclaration') return []
    const isConst = one.kind === 'const'
    return one.declarations.flatMap(({ id }) => namesIn(id).map((name) => ({ name, at: id.start, scope, isConst })))
  })
}

/** The names that a pattern gives to values. */
function namesIn(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'AssignmentPattern':
      return namesIn(pattern.left)
    case 'RestElement':
      return namesIn(pattern.argument)
    case 'ArrayPattern':
      return pattern.elements.flatMap((one) => (one === null ? [] : namesIn(one)))
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) => namesIn(one.type === 'RestElement' ? one : one.value))
    default:
      return []
  }
}

function usesIn(fn: FunctionNode): Use[] {
  const uses: Use[] = []
  const note = (name: string, above: readonly AnyNode[], isChanged: boolean) => {
    const within = above.slice(1).some(({ type }) => type.includes('Function'))
    uses.push({ name, above: [...above], isWithinOther: within, isChanged })
  }
  ancestor(fn.body, {
    Identifier({ name }, _state, above) {
      note(name, above as AnyNode[], above.at(-2)?.type === 'UpdateExpression')
    },
    VariablePattern(node: Node, _state: unknown, above: Node[]) {
      note((node as Node & { readonly name: string }).name, above as AnyNode[], true)
    },
  } as Parameters<typeof ancestor>[1])
  return uses
}
