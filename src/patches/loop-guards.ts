import { type AnyNode, type Function as FunctionNode, type Node, parse } from 'acorn'
import { ancestor } from 'acorn-walk'

/** Turns that the loops of one call may take without a step before they are taken for endless. */
const MOST_TURNS = 100_000_000

/**
 * The same module, in which a loop that takes no step ends at last, with a sentence: on machines that play all CPUs in one thread
 * nothing else would ever stop it. Lines stay where they are.
 */
export function withLoopGuards(text: string, name: string): string {
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  const counted = new Set<number>()
  const insertions: { readonly at: number; readonly text: string }[] = []
  const insert = (at: number, inserted: string) => void insertions.push({ at, text: inserted })
  const guard = (node: AnyNode & { readonly body: Node }, _: unknown, above: Node[]) => {
    if (takesStep(node)) return
    const owner = (above as AnyNode[]).slice(0, -1).findLast(({ type }) => /Function/.test(type))
    const start = bodyOf(owner)
    if (start === undefined) return
    if (!counted.has(start)) insert(start, 'let $turns = 0;')
    counted.add(start)
    const { line, column } = node.loc!.start
    const says = `a loop without a step does not end at ${name}:${line}:${column + 1}`
    const turn = `if (++$turns > ${MOST_TURNS}) throw new Error(${JSON.stringify(says)});`
    if (node.body.type === 'BlockStatement') {
      insert(node.body.start + 1, turn)
    } else {
      insert(node.body.start, `{ ${turn} `)
      insert(node.body.end, ' }')
    }
  }
  ancestor(tree, {
    WhileStatement: guard,
    DoWhileStatement: guard,
    ForStatement: guard,
    ForOfStatement: guard,
    ForInStatement: guard,
  })
  return insertions
    .toSorted((a, b) => b.at - a.at)
    .reduce((made, { at, text: inserted }) => made.slice(0, at) + inserted + made.slice(at), text)
}

/** The start of the code that runs a loop: a function, or the module, which runs once. */
function bodyOf(owner: AnyNode | undefined): number | undefined {
  if (owner === undefined) return 0
  const { body } = owner as FunctionNode
  return 'type' in body && body.type === 'BlockStatement' ? body.start + 1 : undefined
}

/** Whether a turn of the loop takes a step, or may: steps of an inner function count. */
function takesStep(node: Node): boolean {
  if ((node as AnyNode).type === 'YieldExpression') return true
  if (/Function/.test(node.type)) return false
  return Object.entries(node)
    .filter(([key]) => key !== 'loc')
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .some((child) => typeof child?.type === 'string' && takesStep(child))
}
