import type { AnyNode, Class, Function as FunctionNode, MethodDefinition, Node, Property } from 'acorn'
import { ancestor } from 'acorn-walk'
import { blank, type Cut, type Marked, readMarks } from './marks.ts'
import { toResumable } from './resumable.ts'
import { has } from './within.ts'

/** A generator, and its enclosing nodes, the outermost first. */
type Found = { readonly fn: FunctionNode; readonly above: readonly AnyNode[] }
type Method = MethodDefinition | Property

/**
 * The flat build of a module: no generator is gone through by another. A step is an ordinary call; a function whose call has to
 * wait saves what it holds and returns, and is entered again when the call has its value (model/activations.ts). What has no
 * rule in resumable.ts stays a generator, which hands what it calls to the CPU.
 *
 * Lines stay where they are. With `isPlaced` columns do too, but for the line in which a function begins: all stay generators then,
 * if they can.
 */
export function toFlat(text: string, played: string, isPlaced = false): string {
  const marks = readMarks(text)
  const cuts: Cut[] = []
  const within: FunctionNode[] = []
  let isWrapped = false
  for (const found of generatorsIn(marks)) {
    if (within.some(({ start, end }) => start < found.fn.start && found.fn.end < end)) continue
    within.push(found.fn)
    const resumable = () => resumed(text, found, marks)
    const own = isPlaced && !isBoundToSuper(found) ? undefined : resumable()
    cuts.push(...(own ?? kept(found, marks)))
    isWrapped ||= own === undefined
  }
  const imports = `import { played as $played, playedIn as $playedIn } from ${JSON.stringify(played)};`
  return (isWrapped ? imports : '') + blank(text, cuts)
}

/** The outer ones before those within. */
function generatorsIn({ tree }: Marked, from: Node = tree): Found[] {
  const found: Found[] = []
  ancestor(from, {
    Function(fn, _state, above) {
      if (fn.generator && !fn.async) found.push({ fn, above: above.slice(0, -1) as AnyNode[] })
    },
  })
  return found.sort((a, b) => a.fn.start - b.fn.start || b.fn.end - a.fn.end)
}

/** The method that a function is, with a name before its parameters. */
function methodOf(fn: FunctionNode, above: readonly AnyNode[]): Method | undefined {
  const owner = above.at(-1)
  if (owner?.type === 'MethodDefinition') return owner
  return owner?.type === 'Property' && owner.method && (owner.value as Node) === fn ? owner : undefined
}

/** Neither a function that the method gives, nor one in its place, could say `super`. */
function isBoundToSuper({ fn, above }: Found): boolean {
  const owner = methodOf(fn, above)
  const isPublic = owner?.type === 'MethodDefinition' && owner.key.type !== 'PrivateIdentifier'
  return owner !== undefined && !isPublic && has(fn, 'Super')
}

/** The function in a form that can be resumed. */
function resumed(text: string, { fn, above }: Found, { starOfFunction }: Marked): Cut[] | undefined {
  const owner = methodOf(fn, above)
  const self = selfOf(fn, owner, above)
  const resumable = self === undefined ? undefined : toResumable(text, fn, self)
  if (resumable === undefined) return undefined
  const star = starOfFunction(fn, [...above, fn as AnyNode])
  const { params, body } = fn
  const cuts: Cut[] = [
    [star.start, star.end],
    [body.start, body.end, resumable.body],
  ]
  if (params.length > 0) cuts.push([params[0]!.start, params.at(-1)!.end, resumable.parameters])
  if (owner?.type === 'Property') cuts.push([fn.start, fn.start, `: function ${self}`])
  else if (owner === undefined && fn.id == null) cuts.push([star.end, star.end, ` ${self}`])
  return cuts
}

/** The name under which a function saves itself; undefined if it has none there. */
function selfOf(fn: FunctionNode, owner: Method | undefined, above: readonly AnyNode[]): string | undefined {
  if (owner === undefined) return fn.type === 'FunctionDeclaration' || fn.id != null ? fn.id?.name : '$self'
  if (owner.type === 'Property') return has(fn, 'Super') || owner.computed ? undefined : '$self'
  if (owner.key.type === 'PrivateIdentifier') return `this.#${owner.key.name}`
  const { id } = above.findLast(
    (one): one is AnyNode & Class => one.type.startsWith('Class') && one.type !== 'ClassBody',
  )!
  if (id == null || owner.computed || owner.key.type !== 'Identifier') return undefined
  return `${id.name}${owner.static ? '' : '.prototype'}.${owner.key.name}`
}

/** The function as a generator that yields the functions that it calls, including inner ones. */
function kept({ fn, above }: Found, marks: Marked): Cut[] {
  const cuts: Cut[] = []
  ancestor(fn, {
    YieldExpression({ start, delegate }, _state, own) {
      const inner = (own as AnyNode[]).findLast(({ type }) => type.includes('Function')) as FunctionNode
      if (!delegate || inner.async) return
      const star = marks.starAfter(start)
      cuts.push([star.start, star.end])
    },
  })
  for (const one of generatorsIn(marks, fn)) {
    cuts.push(...played(one.fn === fn ? above : [...above, ...one.above], one.fn, marks))
  }
  return cuts
}

/** The wrapper with which the CPU runs the steps of a generator. */
function played(above: readonly AnyNode[], fn: FunctionNode, { starOfFunction }: Marked): Cut[] {
  const owner = methodOf(fn, above)
  if (owner?.type === 'MethodDefinition' && owner.key.type !== 'PrivateIdentifier') {
    const { end } = above.findLast(({ type }) => type === 'ClassBody')!
    return [[end - 1, end - 1, ' static { $playedIn(this); }']]
  }
  if (owner !== undefined) {
    const star = starOfFunction(fn, [...above, fn as AnyNode])
    return [
      [star.start, star.end],
      [fn.start, fn.start, '(...$given) { return $played(function* '],
      [fn.end, fn.end, ').apply(this, $given); }'],
    ]
  }
  if (fn.type !== 'FunctionDeclaration') {
    return [
      [fn.start, fn.start, '$played('],
      [fn.end, fn.end, ')'],
    ]
  }
  const block = above.findLast(({ type }) => type === 'BlockStatement' || type === 'Program')!
  const at = block.type === 'Program' ? 0 : block.start + 1
  return fn.id == null ? [] : [[at, at, `${fn.id.name} = $played(${fn.id.name});`]]
}
