import { createHash, type Hash } from 'node:crypto'
import type { Result } from './result.ts'

/**
 * SHA-256 of a result without its digest: of JSON with sorted names and no white space, so that it is the same however a file is laid
 * out. It notices what was altered after it was written; it is no signature, since any program can compute it.
 */
export function digestOf({ digest: _, ...result }: Result): string {
  const hash = createHash('sha256')
  put(hash, result)
  return `sha256:${hash.digest('hex')}`
}

/** As it is written to a file. */
export const resultText = (result: Result): string =>
  `${JSON.stringify({ ...result, digest: digestOf(result) }, null, 1)}\n`

function put(hash: Hash, value: unknown): void {
  if (Array.isArray(value)) {
    hash.update('[')
    for (const item of value) {
      put(hash, item)
      hash.update(',')
    }
    hash.update(']')
  } else if (typeof value === 'object' && value !== null) {
    hash.update('{')
    for (const [name, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (item === undefined) continue
      hash.update(`${JSON.stringify(name)}:`)
      put(hash, item)
      hash.update(',')
    }
    hash.update('}')
  } else {
    hash.update(JSON.stringify(value ?? null))
  }
}
