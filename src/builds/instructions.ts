import type { Node } from 'acorn'

/** The instructions of a `Cpu`: what a protocol passes a word, a kind or a time to. */
const INSTRUCTIONS = new Set(
  'read write load store loadAcquire storeRelease add sub and or xchg cas barrier untilEqual untilClear park unpark pause untilTime work broadcast'.split(
    ' ',
  ),
)

type Called = {
  readonly type: string
  readonly callee?: {
    readonly object?: { readonly type: string; readonly name?: string }
    readonly property?: { readonly type: string; readonly name?: string }
  }
  readonly arguments?: readonly { readonly type: string; readonly name?: string }[]
}

/** `cpu.load(word)`: the machine keeps its value, and gives itself. */
export function isInstruction(node: Node): boolean {
  const { type, callee } = node as Node & Called
  const [object, property] = [callee?.object, callee?.property]
  if (type !== 'CallExpression' || object?.type !== 'Identifier' || object.name !== 'cpu') return false
  return property?.type === 'Identifier' && INSTRUCTIONS.has(property.name!)
}

/** An instruction, or a function that is given the CPU first, as all are that take steps. */
export function isOfCpu(node: Node): boolean {
  const { type, arguments: given } = node as Node & Called
  if (type !== 'CallExpression') return false
  return isInstruction(node) || (given![0]?.type === 'Identifier' && given![0].name === 'cpu')
}
