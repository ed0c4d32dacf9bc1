import type { Node } from 'acorn'

/** A place in a file, what is wrong there, and what to write instead. */
export type Problem = { readonly line: number; readonly column: number; readonly says: string }

export type Refuse = (node: Node, says: string) => void

export const problemAt = ({ loc }: Node, says: string): Problem => ({
  line: loc!.start.line,
  column: loc!.start.column + 1,
  says,
})
