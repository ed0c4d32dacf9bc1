import type { AnyNode, Program, Token } from 'acorn'
import { ancestor } from 'acorn-walk'
import type { Edit } from './edits.ts'
import { contains, has, isFunction, type Names } from './names.ts'

/** At the end of the text of a function or class that keeps variables of a function around it, or the `this` of one. */
const CLOSURE = '/*closure*/'

/** Whether a function or a class that came out of `marksOfClosures` keeps variables that cannot be seen from outside. */
export function isMarkedClosure(made: object): boolean {
  const text = Function.prototype.toString.call(made)
  return text.endsWith(`${CLOSURE}}`) || text.endsWith(`${CLOSURE})`)
}

/**
 * The marks of all closures of a module. A property of the name of such a variable counts as a use of it, and an arrow
 * function whose text ends with that of a closure counts as one: that costs the checker states, and hides none from it.
 */
export function marksOfClosures(tree: Program, names: Names, tokens: readonly Token[]): Edit[] {
  const edits: Edit[] = []
  const visit = (node: AnyNode, _: unknown, ancestors: readonly AnyNode[]) => {
    const outer = ancestors.slice(0, -1)
    const isNested = outer.some(isFunction)
    // `read = () => this.value` is made anew with each object.
    const isOfObject = outer.some(({ type }) => type === 'PropertyDefinition')
    if ((isNested || isOfObject) && keepsVariables(node, names)) edits.push(...markOf(node, tokens))
  }
  ancestor(tree, {
    Function: visit as never,
    Class: visit as never,
  })
  return edits
}

function markOf(node: AnyNode, tokens: readonly Token[]): Edit[] {
  const inside = { at: node.end - 1, end: node.end - 1, text: CLOSURE }
  if (node.type !== 'ArrowFunctionExpression' || node.body.type === 'BlockStatement') return [inside]
  const { body } = node
  const arrow = tokens.findLast(({ start, type }) => start < body.start && type.label === '=>')!
  return [
    { at: arrow.end, end: arrow.end, text: '(' },
    { at: node.end, end: node.end, text: `${CLOSURE})` },
  ]
}

/** Whether it uses a name, `this` or the arguments of a function around it. */
function keepsVariables(node: AnyNode & { readonly body?: unknown }, { declared, uses }: Names): boolean {
  const isArrow = node.type === 'ArrowFunctionExpression'
  if (isArrow && has(node, ({ type }) => type === 'ThisExpression')) return true
  return uses.some(({ name, at }) => {
    if (at < node.start || at >= node.end) return false
    if (isArrow && name === 'arguments') return true
    const use = { start: at, end: at }
    const scopes = declared.filter((one) => one.name === name && contains(one.scope, use)).map(({ scope }) => scope)
    const innermost = scopes.toSorted((a, b) => b.start - a.start)[0]
    return innermost !== undefined && innermost !== (node as object) && contains(innermost, node)
  })
}
