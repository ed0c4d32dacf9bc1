import type { AnyNode, CallExpression, Expression, Pattern, Super } from 'acorn'

const MUTATORS = new Set('push pop shift unshift splice sort reverse copyWithin fill set add delete clear'.split(' '))
/** Of these functions of `Object`, the first argument is what changes. */
const CHANGE_FIRST = new Set('assign defineProperty defineProperties setPrototypeOf'.split(' '))

/** What a node of this kind changes: names and members, also those in a pattern. */
export function changedBy(node: AnyNode): AnyNode[] {
  if (node.type === 'AssignmentExpression') return inPattern(node.left)
  if (node.type === 'UpdateExpression') return [node.argument]
  if (node.type === 'UnaryExpression') return node.operator === 'delete' ? [node.argument] : []
  if (node.type === 'ForInStatement' || node.type === 'ForOfStatement')
    return node.left.type === 'VariableDeclaration' ? [] : inPattern(node.left)
  return []
}

function inPattern(node: Pattern): AnyNode[] {
  if (node.type === 'ArrayPattern') return node.elements.flatMap((each) => (each === null ? [] : inPattern(each)))
  if (node.type === 'ObjectPattern')
    return node.properties.flatMap((each) => inPattern(each.type === 'Property' ? each.value : each.argument))
  if (node.type === 'AssignmentPattern') return inPattern(node.left)
  return node.type === 'RestElement' ? inPattern(node.argument) : [node]
}

/** The collection on which a call of `push`, `set` and the like works. */
export function mutatedBy({ callee }: CallExpression): Expression | Super | undefined {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined
  return MUTATORS.has(callee.property.name) ? callee.object : undefined
}

/** The object that `Object.assign(object, ...)` and the like change. */
export function redefinedBy({ callee, arguments: [first] }: CallExpression): AnyNode | undefined {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined
  const isObject = callee.object.type === 'Identifier' && callee.object.name === 'Object'
  return isObject && CHANGE_FIRST.has(callee.property.name) ? first : undefined
}

/** The name at which `a.b[c].d` begins, or `this`. */
export function rootOf(node: AnyNode): string | undefined {
  if (node.type === 'MemberExpression') return rootOf(node.object)
  if (node.type === 'ThisExpression') return 'this'
  return node.type === 'Identifier' ? node.name : undefined
}
