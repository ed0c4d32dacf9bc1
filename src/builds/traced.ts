import {
  type AnyNode,
  type Function as FunctionNode,
  type Node,
  type Pattern,
  type Program,
  parse,
  type Token,
  tokTypes,
} from 'acorn'
import { ancestor, full } from 'acorn-walk'

type Edit = { readonly at: number; readonly end: number; readonly text: string }
type Declared = { readonly name: string; readonly end: number; readonly scope: Node }
type Use = { readonly name: string; readonly at: number }
type Names = { readonly declared: readonly Declared[]; readonly uses: readonly Use[] }
type Yield = AnyNode & { readonly type: 'YieldExpression'; readonly delegate: boolean }

/**
 * The traced build of a module: each `yield* steps` in it becomes `left(yield* at(site, ignored, [locals], steps))`, each
 * `for of` around one counts its turns, and `#private` fields become `$private`, so that the checker sees where an actor stands and
 * what it holds. Otherwise the code is as it was, line by line.
 *
 * A local counts as live if it is looked at further down, or anywhere in a loop around the place: that may be too many, which
 * costs time, and is never too few. Where values are held that have no name, nothing is said, and nothing is merged.
 */
export function toTraced(text: string, file: string, frames: string): string {
  const tokens: Token[] = []
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onToken: tokens })
  const names = namesIn(tree)
  const edits: Edit[] = []
  for (const { type, start } of tokens) {
    if (type === tokTypes.privateId) edits.push({ at: start, end: start + 1, text: '$' })
  }
  const loops = new Set<AnyNode>()
  ancestor(tree, {
    YieldExpression(node, _, ancestors) {
      const above = (ancestors as AnyNode[]).slice(0, -1)
      if (!takesSteps(node as Yield, above)) return
      edits.push(...traceYield(file, node as Yield, above, names))
      for (const loop of within(above)) if (loop.type === 'ForOfStatement') loops.add(loop)
    },
  })
  for (const loop of loops) if (loop.type === 'ForOfStatement') edits.push(...wrap(loop.right, '$each('))
  if (edits.length === 0) return text
  return `import { at as $at, each as $each, left as $left } from ${JSON.stringify(frames)};${apply(text, edits)}`
}

/** `yield* steps`; a plain `yield` hands out a value, as any iterator does, and an async function takes no steps. */
const takesSteps = ({ delegate }: Yield, above: readonly AnyNode[]): boolean =>
  delegate && above.findLast(isFunction)?.async !== true

const wrap = ({ start, end }: Node, open: string): Edit[] => [
  { at: start, end: start, text: open },
  { at: end, end, text: ')' },
]

function apply(text: string, edits: readonly Edit[]): string {
  let result = ''
  let from = 0
  for (const { at, end, text: inserted } of edits.toSorted((a, b) => a.at - b.at || a.end - b.end)) {
    result += text.slice(from, at) + inserted
    from = end
  }
  return result + text.slice(from)
}

function traceYield(file: string, node: Yield, above: readonly AnyNode[], names: Names): Edit[] {
  const fn = above.findLast(isFunction)!
  const owner = above[above.indexOf(fn) - 1]!
  const ignores = above.at(-1)!.type === 'ExpressionStatement'
  const locals = holdsNameless(node, within(above)) ? undefined : liveAt(fn, node, above, names)
  const list = locals === undefined ? 'Symbol()' : [...(usesThis(fn) ? ['this'] : []), ...locals].join(', ')
  const { line, column } = node.loc!.start
  const site = `${nameOf(fn, owner)} ${file}:${line}:${column}`
  const { argument } = node as unknown as { readonly argument: Node }
  return [...wrap(node, '$left('), ...wrap(argument, `$at(${JSON.stringify(site)}, ${ignores}, [${list}], `)]
}

const isFunction = (node: AnyNode): node is AnyNode & FunctionNode => /Function/.test(node.type)

/** The nodes around a place up to the function that it is in. */
const within = (above: readonly AnyNode[]): AnyNode[] => above.slice(above.findLastIndex(isFunction) + 1)

/** `QRwLock.readLock`, `isPageFaultStale`. */
function nameOf(fn: FunctionNode, owner: AnyNode): string {
  if (owner.type === 'MethodDefinition' || owner.type === 'Property') {
    const { key } = owner as unknown as { readonly key: { readonly name?: string } }
    return key.name ?? 'anonymous'
  }
  const declarator = owner as unknown as { readonly id?: { readonly name?: string } | null }
  return fn.id?.name ?? declarator.id?.name ?? 'anonymous'
}

/**
 * Whether the place is inside an expression that has already evaluated another part: `f(a(), yield* b())`. The target of
 * an assignment is such a part too, but it has a name, in the same statement.
 */
function holdsNameless(node: Node, above: readonly AnyNode[]): boolean {
  let inner: Node = node
  for (const outer of above.toReversed()) {
    if (/Statement|Declaration/.test(outer.type)) return false
    const isFine =
      outer.type === 'VariableDeclarator' ||
      (outer.type === 'AssignmentExpression' && outer.operator === '=') ||
      outer.type === 'ConditionalExpression' ||
      outer.type === 'UnaryExpression' ||
      (outer.type === 'BinaryExpression' && outer.left === inner) ||
      outer.type === 'LogicalExpression'
    if (!isFine) return true
    inner = outer
  }
  return false
}

function liveAt(fn: FunctionNode, node: Node, above: readonly AnyNode[], names: Names): string[] | undefined {
  const statement = above.findLast(({ type }) => /Statement|VariableDeclaration$/.test(type)) ?? node
  const loops = within(above).filter(({ type }) => /^(For|While|DoWhile)/.test(type))
  const visible = names.declared.filter(({ scope }) => contains(scope, node))
  const live = new Set<string>()
  for (const { name, end, scope } of visible) {
    const spans = contains(fn, scope)
      ? [{ start: statement.start, end: scope.end }, ...loops.filter((loop) => contains(scope, loop))]
      : [fn]
    const isUsed = names.uses.some((use) => use.name === name && spans.some((span) => includes(span, use.at)))
    if (!isUsed) continue
    // Hidden by one of the same name that does not exist yet.
    if (visible.some((other) => other.name === name && other.end > node.start && contains(scope, other.scope))) {
      if (end > node.start) continue
      return undefined
    }
    live.add(name)
  }
  return [...live]
}

const contains = (outer: Node, inner: Node) => outer.start <= inner.start && inner.end <= outer.end
const includes = (span: { readonly start: number; readonly end: number }, at: number) =>
  span.start <= at && at < span.end

function usesThis(fn: FunctionNode): boolean {
  let found = false
  full(fn.body, (node) => {
    found ||= node.type === 'ThisExpression'
  })
  return found
}

/** The declarations in functions, and all uses of the names. Modules keep no state, so theirs are left out. */
function namesIn(tree: Program): Names {
  const declared: Declared[] = []
  const uses: Use[] = []
  const declare = (pattern: Pattern, end: number, scope: Node) => {
    for (const name of boundIn(pattern)) declared.push({ name, end, scope })
  }
  full(tree, (node) => {
    if (node.type === 'Identifier') uses.push({ name: node.name, at: node.start })
  })
  ancestor(tree, {
    VariableDeclaration(node, _, ancestors) {
      const scope = (ancestors as AnyNode[])
        .slice(0, -1)
        .findLast(({ type }) => /Block|^For|Switch|Program/.test(type))!
      if (scope.type === 'Program') return
      for (const { id, end } of node.declarations) declare(id, end, scope)
    },
    Function(node) {
      for (const pattern of node.params) declare(pattern, node.body.start, node)
    },
  })
  return { declared, uses }
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
