import type { Node } from 'acorn'

/** Text that replaces a part of a module, by offsets in it. */
export type Edit = { readonly at: number; readonly end: number; readonly text: string }

/** Puts a node between `open` and a closing parenthesis. */
export const wrap = ({ start, end }: Node, open: string): Edit[] => [
  { at: start, end: start, text: open },
  { at: end, end, text: ')' },
]

/** The text with the edits; those at one place in their order. */
export function applied(text: string, edits: readonly Edit[]): string {
  let result = ''
  let from = 0
  for (const { at, end, text: inserted } of edits.toSorted((a, b) => a.at - b.at || a.end - b.end)) {
    result += text.slice(from, at) + inserted
    from = end
  }
  return result + text.slice(from)
}
