import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folders whose modules take steps: they exist in every build. */
export const STEPPED_FOLDERS = ['shared-memory', 'protocols', 'workers'] as const

/** Test files and contracts run on the builds; they are not part of them. */
export const isForTests = (name: string): boolean =>
  /\.(test|contract)(\.\w+)*\.(d\.ts|js|js\.map)$|\.(test|contract)\.ts$/.test(name)

/** Every file in a folder and below it, by its path from `root`. */
export function filesIn(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(root, name) : [name]
  })
}

/** The forms of a module that takes steps: see README.md. */
export const BUILDS = ['stepped', 'direct', 'opened', 'flat', 'traced'] as const
export type Build = (typeof BUILDS)[number]

/** Where the modules of a build lie in `dist`. */
export const folderOf = (build: Build): string => (build === 'stepped' ? '' : build)
