import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Check } from './check.ts'

let code: string | undefined

/** Identifies the program of a schedule: the code of all protocols, checks and a patch, the variant and the configuration. 8 hex digits. */
export function definitionOf({ name, kernel, patch }: Check, variant: string, configuration: string): string {
  code ??= hashOf(fileURLToPath(new URL('../traced', import.meta.url)))
  const own = [...(kernel === undefined ? [] : [kernel]), ...(patch?.name === variant ? [patch.hash] : [])]
  return createHash('sha256')
    .update([code, name, variant, configuration, ...own].join('\0'))
    .digest('hex')
    .slice(0, 8)
}

function hashOf(folder: string): string {
  const hash = createHash('sha256')
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  for (const path of entries.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash.update(path.slice(folder.length)).update(readFileSync(path))
  }
  return hash.digest('hex')
}
