import type { AnyNode, CallExpression, Identifier, MemberExpression, Node, Program } from 'acorn'
import { full } from 'acorn-walk'
import { boundIn } from '../../builds/names.ts'
import { nearest } from '../../errors/nearest.ts'
import type { Refuse } from './problem.ts'

/** The possible values of a file's names; several where a name may be one or another. */
export type Stands = {
  readonly names: ReadonlyMap<string, readonly unknown[]>
  /** `own.words` of the patch's additions, and the return values of its calls. */
  readonly words: { readonly of: unknown; readonly give: readonly unknown[] }
}

/**
 * `vm.invalidateSqe` is undefined, which some machines would treat as word 0, so members of known objects are checked
 * before anything runs. Without a compiler nothing else would find the error.
 */
export function checkMembers(tree: Program, { names, words }: Stands, refuse: Refuse): void {
  const known = withoutOthers(tree, names)
  const assigned = assignedIn(tree)
  const told = new Set<number>()
  const listed = new Set<string>()
  const valuesOf = (node: AnyNode): readonly unknown[] => {
    if (node.type === 'Identifier') return known.get(node.name) ?? []
    if (node.type === 'ChainExpression') return valuesOf(node.expression)
    if (node.type === 'CallExpression') return valuesOf(node.callee as AnyNode).includes(words.of) ? words.give : []
    if (node.type !== 'MemberExpression' || node.object.type === 'Super') return []
    const objects = valuesOf(node.object).filter(isObject)
    if (node.computed) return objects.flatMap((object) => (Array.isArray(object) ? object : []))
    if (node.property.type !== 'Identifier' || objects.length === 0) return []
    const { name } = node.property
    const having = objects.filter((object) => name in object)
    if (having.length > 0) return having.map((object) => Reflect.get(object, name))
    if (!assigned.has(name) && !told.has(node.property.start)) {
      told.add(node.property.start)
      refuse(node.property, says(node, name, objects, listed))
    }
    return []
  }
  full(tree, (node) => {
    if (node.type === 'MemberExpression') valuesOf(node)
  })
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** The number of known names that a message lists: all members of a CPU. */
const MOST_LISTED = 40

/** All that there is stands once: with the first name that is near none of it. */
function says({ object }: MemberExpression, name: string, objects: readonly object[], listed: Set<string>): string {
  const owner = textOf(object)
  const members = [...new Set(objects.flatMap(membersOf))]
  const [near] = nearest(name, members)
  if (near !== undefined) return `\`${owner}\` has no \`${name}\`, but \`${owner}.${near}\` is there`
  const all = members.length <= MOST_LISTED && !listed.has(owner) ? `; it has ${members.join(', ')}` : ''
  listed.add(owner)
  return `\`${owner}\` has no \`${name}\`${all}`
}

function textOf(node: Node): string {
  const { type } = node as AnyNode
  if (type === 'Identifier') return (node as Identifier).name
  if (type === 'CallExpression') return `${textOf((node as CallExpression).callee)}(...)`
  if (type !== 'MemberExpression') return '...'
  const { object, property, computed } = node as MemberExpression
  return `${textOf(object)}${computed ? '[...]' : `.${(property as Identifier).name}`}`
}

/** Its own, and those of its classes. */
function membersOf(object: object): string[] {
  const own = Object.getOwnPropertyNames(object)
  const parent: unknown = Object.getPrototypeOf(object)
  return parent === null || parent === Object.prototype ? own : [...own, ...membersOf(parent as object)]
}

/** Names that the file binds to something else somewhere are not known. */
function withoutOthers(tree: Program, names: Stands['names']): Stands['names'] {
  const others = new Set<string>()
  full(tree, (node) => {
    if (node.type === 'VariableDeclarator' && !isBrings(node.init))
      for (const name of boundIn(node.id)) others.add(name)
    if (node.type === 'CatchClause' && node.param) for (const name of boundIn(node.param)) others.add(name)
  })
  return new Map([...names].filter(([name]) => !others.has(name)))
}

export const isBrings = (node: Node | null | undefined): boolean =>
  (node as AnyNode | null | undefined)?.type === 'CallExpression' &&
  ((node as AnyNode & { readonly callee: AnyNode }).callee as Identifier).name === 'brings'

/** The properties that the file itself adds to objects. */
function assignedIn(tree: Program): ReadonlySet<string> {
  const names = new Set<string>()
  full(tree, (node) => {
    if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return
    if (node.left.property.type === 'Identifier') names.add(node.left.property.name)
  })
  return names
}
