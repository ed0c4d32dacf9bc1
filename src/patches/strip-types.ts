import * as nodeModule from 'node:module'
import { FaultlineError } from '../errors/faultline-error.ts'

/** The stripper's error for a text that it cannot read. */
type Refusal = {
  readonly code?: string
  readonly message: string
  readonly startLine?: number
  readonly startColumn?: number
}

/** Node's own, where it has one. */
type NodeStripper = { readonly stripTypeScriptTypes?: (code: string, options: { readonly mode: 'strip' }) => string }

/** The JavaScript of a TypeScript file: its types are blanked, so that every line and column is where it was. */
export async function stripTypes(text: string, name: string): Promise<string> {
  const { stripTypeScriptTypes } = nodeModule as NodeStripper
  try {
    if (stripTypeScriptTypes !== undefined) return stripTypeScriptTypes(text, { mode: 'strip' })
  } catch {
    // The other one says where.
  }
  // Loaded when there is something to strip: reading it takes a tenth of a second.
  const { transform } = await import('@swc/wasm-typescript')
  const stripped = await transform(text, { mode: 'strip-only', filename: name }).catch((refusal: Refusal) => {
    throw refused(refusal, name)
  })
  return stripped.code
}

function refused({ code, message, startLine, startColumn }: Refusal, name: string): FaultlineError {
  const place = startLine === undefined ? name : `${name}:${startLine}:${(startColumn ?? 0) + 1}`
  return new FaultlineError('PATCH_UNREADABLE', 'usage', `${place}: ${message.split('\n')[0]}`, {
    hint:
      code === 'UnsupportedSyntax'
        ? 'Types are erased, and nothing is compiled: write a const object instead of an enum, and a field instead of a parameter property.'
        : 'Correct the line; nothing was run.',
  })
}
