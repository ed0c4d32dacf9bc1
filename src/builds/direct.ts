import type { AnyNode, Node } from 'acorn'
import { ancestor } from 'acorn-walk'
import { blank, type Cut, readMarks } from './marks.ts'

/**
 * The direct build of a module: its JavaScript with the two tokens `*` and `yield*` blanked. Nothing is inserted or moved, so every
 * line, column and source map stays true, and what the threads run is what the checker explored, minus two tokens.
 */
export function toDirect(text: string, file: string): string {
  const { tree, starAfter, starOfFunction } = readMarks(text)
  const cuts: Cut[] = []
  const refuse = (node: Node, why: string) => {
    const { line, column } = node.loc!.start
    throw new Error(`${file}:${line}:${column + 1}: ${why}`)
  }
  ancestor(tree, {
    Function(node, _state, ancestors) {
      if (!node.generator) return
      const star = starOfFunction(node, ancestors as AnyNode[])
      cuts.push([star.start, star.end])
    },
    YieldExpression(node) {
      if (!node.delegate) refuse(node, 'a protocol may only `yield*`')
      const star = starAfter(node.start)
      if (/[\n\r\u2028\u2029]/.test(text.slice(node.start, node.argument!.start))) {
        refuse(node, 'keep `yield*` and its operand on one line')
      }
      cuts.push([node.start, node.start + 'yield'.length], [star.start, star.end])
    },
  })
  return blank(text, cuts)
}
