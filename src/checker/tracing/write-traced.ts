import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toTraced } from './traced.ts'

/** What actors are made of: everything that takes steps, and the checks, which say who takes which. */
const TRACED = ['shared-memory', 'protocols', 'workers', join('checker', 'checks')]
const FRAMES = fileURLToPath(new URL('frames.js', import.meta.url))

/**
 * Writes the traced build of the modules in `from` to `to`; those that are there and not older stay. `change` may make
 * something else of a module first.
 */
export function writeTraced(from: string, to: string, change?: (name: string, text: string) => string): void {
  const toolMs = Math.max(...['traced.js', 'write-traced.js'].map((name) => ageMs(join(dirname(FRAMES), name))))
  for (const name of TRACED.flatMap((folder) => modulesIn(from, folder))) {
    const target = join(to, name)
    if (change === undefined && existsSync(target) && ageMs(target) >= Math.max(toolMs, ageMs(join(from, name))))
      continue
    const text = readFileSync(join(from, name), 'utf8')
    mkdirSync(dirname(target), { recursive: true })
    const frames = `./${relative(dirname(target), FRAMES)}`
    writeFileSync(target, toTraced(change === undefined ? text : change(name, text), name, frames))
  }
}

const ageMs = (file: string) => statSync(file).mtimeMs

function modulesIn(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = join(folder, entry.name)
    if (entry.isDirectory()) return modulesIn(root, name)
    return name.endsWith('.js') && !/\.(test|contract)\./.test(name) ? [name] : []
  })
}
