import type { ModuleUnits, Origin, Unit } from './module.ts'

/** The declarations of a tree of modules, and what each of them depends on. */
export class Closures {
  readonly #isCut: (file: string) => boolean
  readonly #read: (file: string) => ModuleUnits
  readonly #modules = new Map<string, ModuleUnits>()

  /** `isCut`: files whose declarations are left out, with all that only they lead to. */
  constructor(isCut: (file: string) => boolean, read: (file: string) => ModuleUnits) {
    this.#isCut = isCut
    this.#read = read
  }

  module(file: string): ModuleUnits {
    const known = this.#modules.get(file) ?? this.#read(file)
    this.#modules.set(file, known)
    return known
  }

  /**
   * The declarations at these origins (also in files that are otherwise left out) with everything that they use, each
   * statement once: as text without comments, sorted.
   */
  of(origins: readonly Origin[]): string[] {
    const taken = new Set<Unit>()
    const met = new Set<string>()
    const left = [...origins]
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const key = `${next.file} ${next.name}`
      if (met.has(key) || (this.#isCut(next.file) && !origins.includes(next))) continue
      met.add(key)
      const units = this.#unitsOf(next, left)
      for (const unit of units) {
        if (taken.has(unit)) continue
        taken.add(unit)
        for (const name of unit.uses) left.push({ file: next.file, name })
      }
    }
    return [...taken].map(({ text }) => text).sort()
  }

  /** The statements that a name of a file refers to; a name from another file is added to `left`. */
  #unitsOf({ file, name }: Origin, left: Origin[]): readonly Unit[] {
    const { units, effects, imports, exports, stars } = this.module(file)
    const own = units.get(name)
    if (own !== undefined) return [own, ...effects]
    const origin = imports.get(name) ?? exports.get(name)
    if (origin !== undefined && (origin.file !== file || origin.name !== name)) left.push(origin)
    if (name === '*') left.push(...[...units.keys(), ...exports.keys()].map((each) => ({ file, name: each })))
    // A name that nothing here declares is one of the language, or of a module that is exported whole.
    for (const star of origin === undefined ? stars : []) left.push({ file: star, name })
    return name === '*' ? effects : []
  }
}
