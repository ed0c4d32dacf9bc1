import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { version } from 'acorn'
import { type ModuleUnits, type Origin, readUnits, type Unit } from './module.ts'

const DIST = fileURLToPath(new URL('../..', import.meta.url))
/** Written by the build: its analysis of each module. A new analysis takes a hundred times as long. */
const STORE = join(DIST, 'bench', 'definition', 'modules.stored')

type StoredUnit = readonly [text: string, uses: readonly string[], names: readonly string[]]
type Origins = readonly (readonly [name: string, origin: Origin])[]

/** The analysis of a module, by file below `dist`. */
export type Stored = {
  /** Hash of its text, and of the analyser. */
  readonly of: string
  readonly units: readonly StoredUnit[]
  readonly effects: readonly StoredUnit[]
  readonly imports: Origins
  readonly exports: Origins
  readonly stars: readonly string[]
}

const READER = version + readFileSync(new URL('./module.js', import.meta.url), 'utf8')
const keyOf = (text: string) => createHash('sha256').update(READER).update(text).digest('base64')

const known = new Map<string, ModuleUnits>()
/** By file below `dist`: the analyses of the build, and those of this process. */
let stored: Record<string, Stored> | undefined
let isNew = false

/** A module as it is on disk. */
export function unitsIn(file: string): ModuleUnits {
  const units = known.get(file) ?? unitsOf(file)
  known.set(file, units)
  return units
}

function unitsOf(file: string): ModuleUnits {
  stored ??= readStore()
  const name = relative(DIST, file)
  const text = readFileSync(file, 'utf8')
  const found = Object.hasOwn(stored, name) ? restored(stored[name]!, text) : undefined
  if (found !== undefined) return found
  const units = readUnits(file, text)
  stored[name] = storedOf(units, text)
  isNew = true
  return units
}

/** Leaves what this process has read for those to come. */
export function writeStore(): void {
  if (!isNew) return
  const own = `${STORE}.${randomUUID()}`
  writeFileSync(own, JSON.stringify(stored))
  renameSync(own, STORE)
}

function readStore(): Record<string, Stored> {
  try {
    return JSON.parse(readFileSync(STORE, 'utf8')) as Record<string, Stored>
  } catch {
    // It only saves time.
    return {}
  }
}

export function storedOf({ units, effects, imports, exports, stars }: ModuleUnits, text: string): Stored {
  const names = new Map<Unit, string[]>()
  for (const [name, unit] of units) names.set(unit, [...(names.get(unit) ?? []), name])
  const below = (origins: ReadonlyMap<string, Origin>) =>
    [...origins].map(([name, origin]) => [name, { ...origin, file: relative(DIST, origin.file) }] as const)
  return {
    of: keyOf(text),
    units: [...names].map(([unit, own]) => [unit.text, [...unit.uses], own] as const),
    effects: effects.map((unit) => [unit.text, [...unit.uses], []] as const),
    imports: below(imports),
    exports: below(exports),
    stars: stars.map((file) => relative(DIST, file)),
  }
}

/** Undefined: the module says something else now. */
export function restored(
  { of, units, effects, imports, exports, stars }: Stored,
  text: string,
): ModuleUnits | undefined {
  if (of !== keyOf(text)) return undefined
  const unitOf = ([own, uses]: StoredUnit): Unit => ({ text: own, uses })
  const above = (origins: Origins) =>
    new Map(origins.map(([name, origin]) => [name, { ...origin, file: join(DIST, origin.file) }]))
  return {
    units: new Map(
      units.flatMap((one) => {
        const unit = unitOf(one)
        return one[2].map((name) => [name, unit] as const)
      }),
    ),
    effects: effects.map(unitOf),
    imports: above(imports),
    exports: above(exports),
    stars: stars.map((file) => join(DIST, file)),
  }
}
