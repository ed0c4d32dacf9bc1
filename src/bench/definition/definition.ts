import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tokenizer } from 'acorn'
import { filesIn, isForTests } from '../../builds/modules.ts'
import { VARIANTS } from '../../protocols/catalogue.ts'
import type { Kernel } from '../../protocols/kernel.ts'
import { VERSIONS } from '../../protocols/kernels.ts'
import { onKernel } from '../../protocols/on-kernel.ts'
import type { Run } from '../result.ts'
import { SCENARIOS } from '../scenarios/all.ts'
import { Closures } from './closure.ts'
import type { ModuleUnits, Origin } from './module.ts'
import { unitsIn, writeStore } from './stored.ts'

const DIST = fileURLToPath(new URL('../..', import.meta.url))
const at = (...path: string[]) => join(DIST, ...path)

/** Modules that build tables of functions: a run depends on its own table only, which is followed separately. */
const TABLES = ['catalogue.js', 'kernels.js'].map((name) => at('protocols', name))

/** The part of a run that its definition depends on. */
export type Defined = Pick<Run, 'scenario' | 'variant'> & {
  readonly params: Readonly<Record<string, unknown>>
  readonly patch?: { readonly hash: string; readonly base: string } | undefined
}

/** The definitions of runs, computed from their modules. */
export class Definitions {
  readonly #closures: Closures
  readonly #known = new Map<string, string>()

  constructor(read: (file: string) => ModuleUnits = unitsIn) {
    this.#closures = new Closures((file) => TABLES.includes(file) || !file.startsWith(DIST), read)
  }

  /**
   * Hash of the code that decides the figures of a run: its scenario, the roles, and the functions of its kernel, variant
   * or patch, each with everything that it uses, without comments. Other variants and scenarios are not included.
   */
  of({ scenario, variant, params: { kernel = '' }, patch }: Defined): string {
    const key = JSON.stringify([scenario, variant, kernel, patch?.hash, patch?.base])
    const parts = () => [...this.#partsOf(scenario, variant, String(kernel), patch?.base), patch?.hash ?? '']
    return this.#once(key, parts)
  }

  /** Hash of all that is in the tree: the protocols, roles and scenarios, without comments. */
  ofTree(): string {
    const folders = ['shared-memory', 'protocols', 'workers', join('bench', 'scenarios')]
    const files = folders
      .flatMap((folder) => filesIn(DIST, folder))
      .filter(isCode)
      .sort()
    return this.#once('', () => files.flatMap((name) => [name, ...this.#textsOf(at(name))]))
  }

  #once(key: string, parts: () => readonly string[]): string {
    const hashed = this.#known.get(key) ?? hashOf(parts())
    this.#known.set(key, hashed)
    return hashed
  }

  #textsOf(file: string): string[] {
    const { units, effects } = this.#closures.module(file)
    return [...new Set([...units.values(), ...effects])].map(({ text }) => text)
  }

  #partsOf(scenarioName: string, variantName: string, kernel: string, base: string | undefined): string[] {
    const scenario = SCENARIOS.find(({ name }) => name === scenarioName)
    if (scenario === undefined) return [scenarioName, variantName]
    const roots: Origin[] = [{ file: at('bench', 'scenarios', `${scenarioName}.js`), name: 'default' }]
    if (scenario.kind === 'primitives') {
      return this.#closures.of([...roots, { file: at('threads', 'primitives-worker.js'), name: '*' }])
    }
    const own = scenario.variants.find(({ name }) => name === variantName)
    const values = Object.values(tableOf(base ?? own?.protocol ?? variantName, kernel)?.kvm ?? {})
    const functions = values.filter((value) => typeof value === 'function')
    return [
      JSON.stringify([
        own?.instruments ?? null,
        own?.without ?? null,
        values.filter((value) => typeof value !== 'function'),
      ]),
      ...this.#closures.of([
        ...roots,
        { file: at('workers', 'roles.js'), name: '*' },
        { file: at('workers', 'system.js'), name: 'buildSystem' },
        ...functions.flatMap(originOf),
      ]),
    ]
  }
}

const OWN = new Definitions()

export const definitionOf = (run: Defined): string => OWN.of(run)
export const definitionOfTree = (): string => OWN.ofTree()

/** For the build: reads what definitions are made of, so that no command has to. */
export function storeDefinitions(): void {
  definitionOfTree()
  for (const { name: scenario, variants } of SCENARIOS) {
    for (const { name: variant } of variants) definitionOf({ scenario, variant, params: {} })
  }
  writeStore()
}

/** The table of a variant or a kernel, on the requested kernel. */
function tableOf(name: string, kernel: string): Kernel | undefined {
  const version = VERSIONS.find((one) => one.name === kernel)
  const all: readonly Kernel[] = [...VARIANTS, ...VERSIONS]
  const own = all.find((one) => one.name === name)
  if (own === undefined || version === undefined || own.name === version.name) return own ?? version
  const on = onKernel(own, version)
  return 'kernel' in on ? on.kernel : version
}

const isCode = (name: string) => name.endsWith('.js') && !isForTests(name)

type Fn = (...args: never[]) => unknown
const origins = new Map<Fn, readonly Origin[]>()

/** Finds the declaration of a function: the statement that contains its text. */
export function originOf(fn: Fn): readonly Origin[] {
  const found = origins.get(fn) ?? declarationsWith(textOf(fn.toString()))
  origins.set(fn, found)
  return found
}

/** Statements of the protocols as tokens, with their place. */
let statements: readonly (Origin & { readonly text: string })[] | undefined

function declarationsWith(text: string): readonly Origin[] {
  statements ??= filesIn(DIST, 'protocols')
    .filter(isCode)
    .flatMap((name) =>
      [...unitsIn(at(name)).units].map(([declared, unit]) => ({ file: at(name), name: declared, text: unit.text })),
    )
  return statements.filter((one) => one.text.includes(text)).slice(0, 1)
}

/** The text as its tokens. */
const textOf = (code: string): string =>
  [...tokenizer(code, { ecmaVersion: 'latest' })].map(({ start, end }) => code.slice(start, end)).join(' ')

const hashOf = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)
