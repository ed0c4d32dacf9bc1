import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { toTraced } from '../../builds/traced.ts'
import { framesFrom, writeTraced } from '../../builds/write.ts'
import type { PatchCode } from '../../patches/code.ts'
import { codeOf, emitTraced } from '../../patches/emit.ts'
import { type Mutation, mutate } from './mutations.ts'

const DIST = fileURLToPath(new URL('../..', import.meta.url))

/** Traced builds of mutants in a private folder. They differ in one module; all others are links to one build. */
export class MutantBuilds {
  readonly #root = mkdtempSync(join(tmpdir(), 'faultline-mutants-'))
  readonly #modules: readonly string[]
  readonly #folders: readonly string[]
  #built = 0

  constructor() {
    const base = join(this.#root, 'base')
    writeTraced(DIST, base)
    this.#modules = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))
    this.#folders = [...new Set(this.#modules.map((name) => dirname(name)))]
  }

  /** The module with the checks of one of our mutants, to be imported; for a mutant of a patch, the module with all checks, and the patch. */
  build(mutation: Mutation, patch?: PatchCode): { checks: string; patch?: PatchCode; remove(): void } {
    const folder = join(this.#root, `${this.#built}`)
    this.#built += 1
    const remove = () => rmSync(folder, { recursive: true })
    if (patch !== undefined) {
      const traced = emitTraced(mutate(codeOf(patch), mutation), mutation.file, folder)
      const checks = pathToFileURL(join(DIST, 'traced', 'checker', 'checks', 'all.js')).href
      return { checks, patch: { ...patch, modules: { ...patch.modules, traced } }, remove }
    }
    for (const name of this.#folders) mkdirSync(join(folder, name), { recursive: true })
    for (const name of this.#modules) {
      if (name !== mutation.file) linkSync(join(this.#root, 'base', name), join(folder, name))
    }
    const target = join(folder, mutation.file)
    const text = mutate(readFileSync(join(DIST, mutation.file), 'utf8'), mutation)
    writeFileSync(target, toTraced(text, mutation.file, framesFrom(target)))
    const checks = pathToFileURL(join(folder, 'checker', 'checks', 'all.js')).href
    return { checks, remove }
  }

  close(): void {
    rmSync(this.#root, { recursive: true })
  }
}
