import type { AnyNode, CallExpression, Class, Function as FunctionNode, MemberExpression } from 'acorn'
import { full } from 'acorn-walk'

/** Any member at all: which one, the text does not say. */
export const ANY_MEMBER = '*'

/** The elements of an array that is held under a name. */
export const elementsOf = (name: string): string => `${name}[]`

/** The fields of an object that is held under a name: one is given a value by a name that is computed. */
export const fieldsOf = (name: string): string => `${name}.${ANY_MEMBER}`

/** A member that code may change, or the elements of one. */
export type ChangedMember = { readonly name: string; readonly at: number; readonly isOfThis: boolean }

/**
 * What the code may change in objects, wherever they come from: `a.x = 1`, `a.x++`, `[a.x] = b`, `for (a.x of b)`, `delete a.x`,
 * `a.x[i] = b`, `a.x.push(b)`, `Object.assign(a, { x })`. A private name `#x` is `$x`, as in the opened build.
 */
export function changedMembers(tree: AnyNode): ChangedMember[] {
  const found: ChangedMember[] = []
  const note = (target: AnyNode) => {
    if (target.type === 'MemberExpression') found.push(...changedBy(target))
  }
  full(tree, (node) => {
    if (node.type === 'AssignmentExpression') for (const target of targetsIn(node.left)) note(target)
    if (node.type === 'UpdateExpression') note(node.argument)
    if (node.type === 'UnaryExpression' && node.operator === 'delete') note(node.argument)
    if (node.type === 'ForOfStatement' || node.type === 'ForInStatement')
      for (const each of targetsIn(node.left)) note(each)
    if (node.type === 'CallExpression') found.push(...changedByCall(node))
  })
  return found
}

/** What may change of `this`, or of another object, after the construction of an object of the class: names. */
export const changedByClass = (node: Class): string[] => [
  ...new Set(codeIn(node).flatMap((code) => changedMembers(code).map(({ name }) => name))),
]

/** All that may run after the construction of an object: of the constructor, the functions in it. */
const codeIn = ({ body }: Class): AnyNode[] =>
  body.body.flatMap((member): AnyNode[] =>
    member.type === 'MethodDefinition' && member.kind === 'constructor' ? functionsIn(member.value) : [member],
  )

function functionsIn({ body }: FunctionNode): AnyNode[] {
  const found: AnyNode[] = []
  full(body as AnyNode, (node) => {
    if (/Function/.test(node.type)) found.push(node)
  })
  return found
}

function changedBy({ object, property, computed, start }: MemberExpression): ChangedMember[] {
  if (!computed || isText(property))
    return [{ name: memberName(property), at: start, isOfThis: object.type === 'ThisExpression' }]
  const held = arrayOf(object)
  return [elementsOf(held), fieldsOf(held)].map((name) => ({ name, at: start, isOfThis: false }))
}

const isText = (node: AnyNode): boolean => node.type === 'Literal' && typeof node.value === 'string'

/** The name under which an array is held; of one in an array, `name[]`. */
export function arrayOf(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name
  if (node.type !== 'MemberExpression') return ''
  return node.computed ? elementsOf(arrayOf(node.object)) : memberName(node.property)
}

const MUTATORS = new Set(['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'copyWithin', 'fill'])

function changedByCall({ callee, arguments: [changed, what], start }: CallExpression): ChangedMember[] {
  if (callee.type !== 'MemberExpression') return []
  const method = memberName(callee.property)
  if (MUTATORS.has(method)) return [{ name: elementsOf(arrayOf(callee.object)), at: start, isOfThis: false }]
  if (callee.object.type !== 'Identifier' || !['Object', 'Reflect'].includes(callee.object.name)) return []
  if (!CHANGING.has(method) || changed === undefined) return []
  const isOfThis = changed.type === 'ThisExpression'
  return namesGiven(method, what).map((name) => ({ name, at: start, isOfThis }))
}

/** Functions of `Object` and `Reflect` that change their first argument. */
const CHANGING = new Set(['assign', 'defineProperty', 'defineProperties', 'set', 'deleteProperty'])

function namesGiven(method: string, what: AnyNode | undefined): string[] {
  if (what?.type === 'Literal' && method !== 'assign') return [String(what.value)]
  if (what?.type !== 'ObjectExpression') return [ANY_MEMBER]
  return what.properties.map((each) => (each.type === 'Property' && !each.computed ? memberName(each.key) : ANY_MEMBER))
}

/** What an assignment assigns to: several places, if it takes something apart. */
function targetsIn(left: AnyNode): AnyNode[] {
  const found: AnyNode[] = []
  full(left, (node) => void found.push(node))
  return left.type === 'ObjectPattern' || left.type === 'ArrayPattern' ? found : [left]
}

function memberName(property: AnyNode): string {
  if (property.type === 'PrivateIdentifier') return `$${property.name}`
  if (property.type === 'Literal') return String(property.value)
  return property.type === 'Identifier' ? property.name : ''
}
