import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PatchCode } from './code.ts'

/** The steps of a patch, each as the checker names it: `function file:line:column`. */
export function stepsOf({ modules }: PatchCode): readonly string[] {
  const traced = readFileSync(fileURLToPath(modules.traced), 'utf8')
  return [...traced.matchAll(/\$at\(("(?:[^"\\]|\\.)*")/g)].map(([, site]) => JSON.parse(site!) as string)
}

/** Whether a step that the checker names belongs to the patch. */
export const isStepOf = ({ file }: PatchCode, site: string): boolean =>
  site.slice(site.indexOf(' ') + 1).startsWith(`${basename(file)}:`)
