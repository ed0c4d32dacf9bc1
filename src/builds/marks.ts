import { type AnyNode, type Function as FunctionNode, type Program, parse, type Token } from 'acorn'

/** A range, and its replacement, padded with blanks. */
export type Cut = readonly [from: number, to: number, instead?: string]

/** A module as acorn sees it, and where the stars of its generators and of their steps are. */
export type Marked = {
  readonly tree: Program
  readonly starAfter: (offset: number) => Token
  readonly starOfFunction: (node: FunctionNode, ancestors: readonly AnyNode[]) => Token
}

export function readMarks(text: string): Marked {
  const tokens: Token[] = []
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onToken: tokens })
  const starts = new Map(tokens.map((token, index) => [token.start, index]))
  const starAfter = (offset: number) => tokens.slice(starts.get(offset)).find((token) => text[token.start] === '*')!
  const starOfFunction = (node: FunctionNode, ancestors: readonly AnyNode[]) => {
    const owner = ancestors.at(-2)
    return starAfter(owner !== undefined && isMethod(owner, node) ? owner.start : node.start)
  }
  return { tree, starAfter, starOfFunction }
}

/** A method's function starts at its `(`; the `*` is before its name, in the owner. */
function isMethod(owner: AnyNode, node: FunctionNode): boolean {
  const carries = owner.type === 'MethodDefinition' || (owner.type === 'Property' && owner.method)
  return carries && (owner as { readonly value: unknown }).value === node
}

/** The same text, as long as before, with the cuts made. */
export function blank(text: string, cuts: readonly Cut[]): string {
  let done = 0
  let result = ''
  for (const [from, to, instead = ''] of cuts.toSorted(([a], [b]) => a - b)) {
    result += text.slice(done, from) + instead.padEnd(to - from)
    done = to
  }
  return result + text.slice(done)
}
