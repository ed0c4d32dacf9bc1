import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'acorn'
import { filesIn, isForTests } from '../../builds/modules.ts'
import type { PatchText } from '../emit.ts'
import { stripTypes } from '../strip-types.ts'
import { type Closure, closureOf } from './closure.ts'
import { declaredBy, functionsIn, type ModuleSource, moduleSource, readText } from './module-source.ts'

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))
const FOLDERS = ['protocols', 'shared-memory']

/** The source of a function: its place, and its dependencies in its file. */
export type FunctionSource = {
  readonly file: string
  readonly line: number
  readonly name: string
  /** It has no name: it is part of another declaration. */
  readonly isInline: boolean
} & Closure

type Found = { readonly file: string; readonly name: string; readonly within?: number }

/** The source of our functions and of patches. The sources of modules that take steps are shipped with the program. */
export class FunctionSources {
  readonly #patches: readonly PatchText[]
  readonly #others: readonly string[]
  readonly #compiled = new Map<string, string>()
  readonly #modules = new Map<string, ModuleSource>()

  /** `others`: folders of the protocols whose modules no other file can import, so their exports must be copied. */
  constructor(patches: readonly PatchText[], others: readonly string[] = []) {
    this.#patches = patches
    this.#others = others
  }

  /** Undefined if it is in no file that is known. */
  async of(fn: (...args: never[]) => unknown): Promise<FunctionSource | undefined> {
    const found = this.#find(fn.toString())
    if (found === undefined) return undefined
    const { file, name, within } = found
    const module = await this.#module(file)
    const declaration = within === undefined ? module.declarations.get(name) : module.functionIn(name, within)
    if (declaration === undefined) return undefined
    const isThere = !this.#others.some((folder) => file.startsWith(join('src', 'protocols', folder)))
    const closure = closureOf(module, declaration, isThere)
    return { file, line: declaration.line, name, isInline: within !== undefined, ...closure }
  }

  #find(text: string): Found | undefined {
    const inPatch = this.#patches.map(({ file, code }) => ({ file, code, at: code.indexOf(text) }))
    const found = inPatch.find(({ at }) => at >= 0)
    if (found !== undefined) return named(found.file, found.code, found.at)
    for (const name of this.#names()) {
      const code = this.#compiledText(name)
      const at = code.indexOf(text)
      if (at >= 0) return named(join('src', name.replace(/\.js$/, '.ts')), code, at)
    }
    return undefined
  }

  #names(): string[] {
    return FOLDERS.flatMap((folder) => filesIn(join(PACKAGE, 'dist'), folder)).filter(
      (name) => name.endsWith('.js') && !isForTests(name),
    )
  }

  #compiledText(name: string): string {
    const known = this.#compiled.get(name) ?? readText(join(PACKAGE, 'dist', name))
    this.#compiled.set(name, known)
    return known
  }

  async #module(file: string): Promise<ModuleSource> {
    const known = this.#modules.get(file)
    if (known !== undefined) return known
    const module = await this.#read(file)
    this.#modules.set(file, module)
    return module
  }

  async #read(file: string): Promise<ModuleSource> {
    const patch = this.#patches.find((one) => one.file === file)
    if (patch !== undefined) return moduleSource(file, patch.text, patch.code)
    const source = join(PACKAGE, file)
    // If the sources are missing, their compiled code.
    const compiled = join(PACKAGE, file.replace(/^src/, 'dist').replace(/\.ts$/, '.js'))
    const text = readText(existsSync(source) ? source : compiled)
    return moduleSource(file, text, existsSync(source) ? await stripTypes(text, file) : text)
  }
}

/** The declaration at the top of a module that a function is, or that it is in: the how manieth in it. */
function named(file: string, code: string, at: number): Found | undefined {
  const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  const statement = body.find(({ start, end }) => start <= at && at < end)
  const [name] = statement === undefined ? [] : declaredBy(statement)
  if (statement === undefined || name === undefined) return undefined
  const within = functionsIn(statement).findIndex(({ start }) => start === at)
  return { file, name, ...(within < 0 ? {} : { within }) }
}
