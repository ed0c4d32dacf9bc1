import { type AnyNode, type Class, type Program, type Token, tokTypes } from 'acorn'
import { full } from 'acorn-walk'
import type { Edit } from './edits.ts'
import { contains } from './names.ts'

/**
 * Makes `#private` names public: `$private`, and `$Class$private` in a class that extends another, which may have a private
 * name that is the same and means something else.
 */
export function privateNames(text: string, tree: Program, tokens: readonly Token[]): Edit[] {
  const classes: Class[] = []
  const edits: Edit[] = []
  full(tree, (node) => {
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') classes.push(node as Class)
    // `#private in object`
    if (node.type !== 'BinaryExpression' || (node.left as AnyNode).type !== 'PrivateIdentifier') return
    const { start, end } = node.left
    edits.push({ at: start, end: start, text: "'" }, { at: end, end, text: "'" })
  })
  for (const { type, start, end } of tokens) {
    if (type !== tokTypes.privateId) continue
    const owner = classes
      .filter((one) => contains(one, { start, end }) && declares(one, text.slice(start + 1, end)))
      .toSorted((a, b) => b.start - a.start)[0]
    const prefix = owner?.superClass ? `$${owner.id?.name ?? 'class'}$` : '$'
    edits.push({ at: start, end: start + 1, text: prefix })
  }
  return edits
}

const declares = ({ body }: Class, name: string): boolean =>
  body.body.some((member) => {
    const { key } = member as { readonly key?: AnyNode }
    return key?.type === 'PrivateIdentifier' && key.name === name
  })
