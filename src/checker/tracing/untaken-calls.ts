import { type AnyNode, type Function as FunctionNode, type Node, parse } from 'acorn'
import { ancestor } from 'acorn-walk'

/** The longest text of a call in a message. */
const LONGEST = 60

/**
 * Wraps each call in a generator function of which only a statement or a condition is made: `lock.release(cpu)` without `yield*`
 * makes steps, takes none of them, and is always true. When it runs, it is seen whether it returned any.
 */
export function withUntakenCalls(text: string, file: string, untaken: string): string {
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  const calls: Node[] = []
  ancestor(tree, {
    CallExpression(node, _, ancestors) {
      const above = (ancestors as AnyNode[]).slice(0, -1)
      const fn = above.findLast(isFunction)
      if (fn?.generator === true && isUnused(node, above.at(-1)!)) calls.push(node)
    },
  })
  if (calls.length === 0) return text
  return `import { untaken as $untaken } from ${JSON.stringify(untaken)};${wrapped(text, file, calls)}`
}

const isFunction = (node: AnyNode): node is AnyNode & FunctionNode => /Function/.test(node.type)

function isUnused(call: Node, parent: AnyNode): boolean {
  switch (parent.type) {
    case 'ExpressionStatement':
    case 'LogicalExpression':
      return true
    case 'UnaryExpression':
      return parent.operator === '!'
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ConditionalExpression':
      return parent.test === call
    case 'ForStatement':
      return parent.test === call || parent.update === call
    default:
      return false
  }
}

/** Calls lie in each other, as in `a(b() || c)`: each is opened and closed at its own place. */
function wrapped(text: string, file: string, calls: readonly Node[]): string {
  const marks = calls.flatMap(({ start, end, loc }) => {
    const call = text.slice(start, end).replace(/\s+/g, ' ')
    const shown = call.length <= LONGEST ? call : `${call.slice(0, LONGEST)}...`
    return [
      { at: start, text: '$untaken(' },
      { at: end, text: `, ${JSON.stringify(`${shown} in ${file}:${loc!.start.line}`)})` },
    ]
  })
  let result = ''
  let from = 0
  for (const mark of marks.sort((a, b) => a.at - b.at)) {
    result += text.slice(from, mark.at) + mark.text
    from = mark.at
  }
  return result + text.slice(from)
}
