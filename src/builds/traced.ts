import { type AnyNode, type Function as FunctionNode, type Node, parse, type Token } from 'acorn'
import { ancestor } from 'acorn-walk'
import { marksOfClosures } from './closures.ts'
import { applied, type Edit, wrap } from './edits.ts'
import { contains, type Declared, has, isFunction, type Names, namesIn, type Span } from './names.ts'
import { privateNames } from './private-names.ts'

type Yield = AnyNode & { readonly type: 'YieldExpression'; readonly delegate: boolean }

/**
 * The traced build of a module: each `yield* steps` in it becomes `left(yield* at(site, ignored, [locals], steps))`, each
 * `for of` around one counts its turns, and `#private` fields become `$private`, so that the checker sees where an actor stands and
 * what it holds. Otherwise the code is as it was, line by line.
 *
 * A local counts as live if it is looked at further down, or anywhere in a loop around the place: that may be too many, which
 * costs time, and is never too few. Where values are held that have no name, nothing is said, and nothing is merged.
 *
 * `isUsers`: closures are marked, since what they keep cannot be seen. Ours keep nothing that changes.
 */
export function toTraced(text: string, file: string, frames: string, isUsers = false): string {
  const tokens: Token[] = []
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onToken: tokens })
  const names = namesIn(tree)
  const edits = privateNames(text, tree, tokens)
  if (isUsers) edits.push(...marksOfClosures(tree, names, tokens))
  const loops = new Set<AnyNode>()
  ancestor(tree, {
    YieldExpression(node, _, ancestors) {
      const above = (ancestors as AnyNode[]).slice(0, -1)
      if (!takesSteps(node as Yield, above)) return
      edits.push(...traceYield(file, node as Yield, above, names))
      for (const loop of within(above)) if (loop.type === 'ForOfStatement') loops.add(loop)
    },
  })
  for (const loop of loops) {
    if (loop.type === 'ForOfStatement') edits.push(...wrap(loop.right, isView(loop.right) ? '$each(' : '$eachOf('))
  }
  if (edits.length === 0) return text
  return `import { at as $at, each as $each, eachOf as $eachOf, left as $left } from ${JSON.stringify(frames)};${applied(text, edits)}`
}

/** `yield* steps`; a plain `yield` hands out a value, as any iterator does, and an async function takes no steps. */
const takesSteps = ({ delegate }: Yield, above: readonly AnyNode[]): boolean =>
  delegate && above.findLast(isFunction)?.async !== true

function traceYield(file: string, node: Yield, above: readonly AnyNode[], names: Names): Edit[] {
  const fn = above.findLast(isFunction)!
  const owner = above[above.indexOf(fn) - 1]!
  const ignores = above.at(-1)!.type === 'ExpressionStatement'
  const locals = holdsNameless(node, within(above)) ? undefined : liveAt(fn, node, above, names)
  const implicit = [...(usesThis(fn) ? ['this'] : []), ...(usesArguments(fn) ? ['arguments'] : [])]
  const list = locals === undefined ? 'Symbol()' : [...implicit, ...locals].join(', ')
  const { line, column } = node.loc!.start
  const site = `${nameOf(fn, owner)} ${file}:${line}:${column}`
  const { argument } = node as unknown as { readonly argument: Node }
  return [...wrap(node, '$left('), ...wrap(argument, `$at(${JSON.stringify(site)}, ${ignores}, [${list}], `)]
}

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
 * an assignment is such a part too, but it has a name, in the same statement. In a `finally`, what is to be returned is held.
 */
function holdsNameless(node: Node, above: readonly AnyNode[]): boolean {
  if (above.some((outer) => outer.type === 'TryStatement' && outer.finalizer && contains(outer.finalizer, node)))
    return true
  let inner: Node = node
  for (const outer of above.toReversed()) {
    if (/Statement|Declaration/.test(outer.type)) return false
    const isFine =
      outer.type === 'VariableDeclarator' ||
      (outer.type === 'AssignmentExpression' && outer.operator === '=' && !doesMore(outer.left)) ||
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
  const live = new Set<Declared>()
  /** Those that are used in one of the spans, and what functions among them use. */
  const use = (spansOf: (of: Declared) => readonly Span[]) => {
    for (const one of visible) {
      // It has no value yet.
      if (one.end > node.start || live.has(one)) continue
      const spans = spansOf(one)
      if (!names.uses.some(({ name, at }) => name === one.name && spans.some((span) => includes(span, at)))) continue
      live.add(one)
      const { closure } = one
      if (closure !== undefined) use(({ scope }) => (contains(scope, closure) ? [closure] : []))
    }
  }
  use(({ scope }) =>
    contains(fn, scope)
      ? [{ start: statement.start, end: scope.end }, ...loops.filter((loop) => contains(scope, loop))]
      : [fn],
  )
  const hidden = [...live].some((one) => visible.some((other) => hides(other, one)))
  return hidden ? undefined : [...new Set([...live].filter(({ closure }) => !closure).map(({ name }) => name))]
}

/** Whether a name means another variable here. */
const hides = (inner: Declared, outer: Declared): boolean =>
  inner.name === outer.name && inner.scope !== outer.scope && contains(outer.scope, inner.scope)

const includes = (span: Span, at: number) => span.start <= at && at < span.end

/** Whether the items of a loop are those of a list or a map that has a name: `list`, `vm.slots`, `list.entries()`. */
function isView(items: AnyNode): boolean {
  if (items.type !== 'CallExpression')
    return !has(items, ({ type }) => !/^(Identifier|MemberExpression|ThisExpression)$/.test(type))
  const { callee } = items
  return (
    callee.type === 'MemberExpression' &&
    /^(entries|keys|values)$/.test(nameOfKey(callee.property)) &&
    isView(callee.object)
  )
}

const nameOfKey = (key: Node): string => (key as { readonly name?: string }).name ?? ''

/** Whether the target of an assignment is found by more than names: `queue.take().value`. */
const doesMore = (target: Node): boolean => has(target, ({ type }) => /Call|New|Update|Assignment|Yield/.test(type))

const usesThis = (fn: FunctionNode): boolean => has(fn.body, ({ type }) => type === 'ThisExpression')

const usesArguments = (fn: FunctionNode): boolean =>
  has(fn.body, (node) => node.type === 'Identifier' && node.name === 'arguments')
