import { type AnyNode, type Node, parse } from 'acorn'
import { ancestor } from 'acorn-walk'

/** A step of a protocol that is left out. */
export type Mutation = {
  readonly file: string
  readonly line: number
  readonly in: string
  /** The code that is left out. */
  readonly code: string
  /** `dropped`: the statement does nothing. `unasked`: nobody looks, and the answer is 0. */
  readonly kind: 'dropped' | 'unasked'
  readonly start: number
  readonly end: number
}

/** The mutations of one module at these sites, `function file:line:column`, or at all of its barriers. */
export function mutationsOf(file: string, text: string, sites: ReadonlySet<string>): Mutation[] {
  const mutations: Mutation[] = []
  const at = new Map([...sites].map((site) => [site.split(':').slice(1).join(':'), site.split(' ')[0]!]))
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  ancestor(tree, {
    YieldExpression(node, _, ancestors) {
      const { line, column } = node.loc!.start
      const code = text.slice(node.start, node.end).replace(/\s+/g, ' ')
      const isBarrier = /^yield\* cpu\.barrier\(/.test(code)
      const fn = at.get(`${line}:${column}`)
      if (fn === undefined && !isBarrier) return
      const parent = (ancestors as AnyNode[]).at(-2)!
      const isStatement = parent.type === 'ExpressionStatement'
      const whole: Node = isStatement ? parent : node
      mutations.push({
        file,
        line,
        in: fn ?? 'a barrier',
        code: code.replace('yield* ', ''),
        kind: isStatement ? 'dropped' : 'unasked',
        start: whole.start,
        end: whole.end,
      })
    },
  })
  return mutations
}

export function mutate(text: string, { start, end, kind }: Mutation): string {
  return `${text.slice(0, start)}${kind === 'dropped' ? ';' : '0'}${text.slice(end)}`
}
