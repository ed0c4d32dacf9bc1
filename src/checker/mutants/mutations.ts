import { type AnyNode, type Node, parse } from 'acorn'
import { ancestor } from 'acorn-walk'
import { partsOf } from '../site.ts'

/** A step of a protocol that is left out, or made weaker. */
export type Mutation = {
  readonly file: string
  readonly in: string
  /** The place of the step, as in the visited steps of an exploration; for a barrier, which is not a step, the function. */
  readonly site: string
  /** The code that is changed. */
  readonly code: string
  /**
   * `dropped`: the statement does nothing. `unasked`: the word is not read, and the answer is 0. `plain`: no READ_ONCE or WRITE_ONCE.
   * `relaxed`: neither acquires nor releases.
   */
  readonly kind: 'dropped' | 'unasked' | 'plain' | 'relaxed'
  readonly start: number
  readonly end: number
}

/** The weaker form of an access: without READ_ONCE or WRITE_ONCE, or with no further order. */
const WEAKER: Readonly<Record<string, { readonly kind: Mutation['kind']; readonly now: string }>> = {
  load: { kind: 'plain', now: 'read' },
  store: { kind: 'plain', now: 'write' },
  loadAcquire: { kind: 'relaxed', now: 'load' },
  storeRelease: { kind: 'relaxed', now: 'store' },
}

/** Changes only what others may see in which order: of no meaning where memory is sequentially consistent. */
export const isOfOrder = ({ kind, code }: Mutation): boolean =>
  kind === 'plain' || kind === 'relaxed' || code.startsWith('cpu.barrier(')

/** The mutations of one module at these sites, `function file:line:column`, or at all of its barriers. */
export function mutationsOf(file: string, text: string, sites: ReadonlySet<string>): Mutation[] {
  const mutations: Mutation[] = []
  const at = new Map([...sites].map((site) => [site.split(':').slice(-2).join(':'), partsOf(site).fn]))
  const functions = new Set(at.values())
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  ancestor(tree, {
    YieldExpression(node, _, ancestors) {
      const { line, column } = node.loc!.start
      const code = text.slice(node.start, node.end).replace(/\s+/g, ' ').replace('yield* ', '')
      const barrier = /^cpu\.barrier\(/.test(code) ? functionAround(ancestors as AnyNode[]) : undefined
      const own = at.get(`${line}:${column}`)
      const fn = own ?? (barrier !== undefined && functions.has(barrier) ? barrier : undefined)
      if (fn === undefined) return
      const site = own === undefined ? `${fn} ${file}:` : `${fn} ${file}:${line}:${column}`
      const parent = (ancestors as AnyNode[]).at(-2)!
      const isStatement = parent.type === 'ExpressionStatement'
      const { start, end }: Node = isStatement ? parent : node
      mutations.push({ file, in: fn, site, code, kind: isStatement ? 'dropped' : 'unasked', start, end })
      const access = /^yield\* cpu\.(\w+)\(/.exec(text.slice(node.start, node.end))?.[1] ?? ''
      const weaker = WEAKER[access]
      if (weaker === undefined) return
      const name = node.start + 'yield* cpu.'.length
      mutations.push({ file, in: fn, site, code, kind: weaker.kind, start: name, end: name + access.length })
    },
  })
  return mutations
}

function functionAround(ancestors: readonly AnyNode[]): string {
  const named = ancestors.findLast((one) => one.type === 'FunctionDeclaration' || one.type === 'MethodDefinition')
  if (named?.type === 'FunctionDeclaration') return named.id?.name ?? 'a barrier'
  return named?.type === 'MethodDefinition' && named.key.type === 'Identifier' ? named.key.name : 'a barrier'
}

export function mutate(text: string, { start, end, kind }: Mutation): string {
  const was = text.slice(start, end)
  const now = kind === 'dropped' ? ';' : kind === 'unasked' ? '0' : WEAKER[was]!.now
  return `${text.slice(0, start)}${now}${text.slice(end)}`
}
