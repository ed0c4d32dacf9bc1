import type { Changes } from './changes.ts'
import { hasGetter } from './source.ts'
import { NotCompiled } from './values.ts'

/** The names by which an object is held: of a root first, and from there on. */
export type Path = readonly string[]

/** What a field holds: it says so by its value when it is compiled. */
export type SlotKind = 'number' | 'boolean' | 'fraction'

/** Where a field of an object lies in the memory that compiled code sees; an array, if it has a length. */
export type Slot = { readonly word: number; readonly kind: SlotKind; readonly length?: number }

export type PlacedSlot = Slot & { readonly path: Path; readonly name: string }

export type KeptField = { readonly path: Path; readonly name: string }

/** Memory that one CPU has to itself, in words. */
export type OwnWords = { readonly word: number; readonly words: number }

/** Fields that need not be whole numbers, by the class that has them. */
type WithFractions = { readonly FRACTIONS?: readonly string[] }

/**
 * Slots in memory for the fields and typed arrays that change: compiled code finds them there, and so does JavaScript, by
 * accessors that `attachSlots` puts into their place.
 */
export class Slots {
  readonly #changes: Changes
  readonly #paths: ReadonlyMap<object, Path>
  readonly #kept = new Map<string, KeptField>()
  readonly #placed = new Map<object, Map<string, PlacedSlot>>()
  readonly #constant: ReadonlySet<object>
  #next: number
  readonly #end: number

  /** `paths`: of every object that has fields; `constant`: those of these do not change. */
  constructor(
    changes: Changes,
    paths: ReadonlyMap<object, Path>,
    { word, words }: OwnWords,
    constant: ReadonlySet<object>,
  ) {
    this.#constant = constant
    this.#changes = changes
    this.#paths = paths
    this.#next = word
    this.#end = word + words
  }

  /** The slot of a field; undefined: the field never changes. */
  of(object: object, name: string): Slot | undefined {
    const known = this.#placed.get(object)?.get(name)
    if (known !== undefined) return known
    // What no placed object holds belongs to a module, and modules keep no state.
    if (this.#constant.has(object) || !this.#paths.has(object)) return undefined
    const value = (object as Readonly<Record<string, unknown>>)[name]
    if (value instanceof Int32Array) return this.#place(object, name, 'number', value.length)
    if (!this.#changes.has(object, name) || hasGetter(object, name)) return undefined
    if (typeof value === 'boolean') return this.#place(object, name, 'boolean')
    if (typeof value !== 'number') return this.#keep(object, name)
    const { FRACTIONS } = object.constructor as WithFractions
    return this.#place(object, name, FRACTIONS?.includes(name) ? 'fraction' : 'number')
  }

  isArrayThatChanges(name: string): boolean {
    return this.#changes.hasElementsOf(name)
  }

  /** Fields that compiled code takes for constants although a method can change them. */
  get kept(): readonly KeptField[] {
    return [...this.#kept.values()]
  }

  get placed(): readonly PlacedSlot[] {
    return [...this.#placed.values()].flatMap((slots) => [...slots.values()])
  }

  /** A field that may be given another object: not from now on. */
  #keep(object: object, name: string): undefined {
    this.#kept.set(`${this.#paths.get(object)!.join()},${name}`, { path: this.#paths.get(object)!, name })
  }

  #place(object: object, name: string, kind: SlotKind, length?: number): Slot {
    const path = this.#paths.get(object)!
    const words = length ?? (kind === 'fraction' ? 2 : 1)
    const word = kind === 'fraction' ? this.#next + (this.#next % 2) : this.#next
    if (word + words > this.#end) throw new NotCompiled(`.${name}, as there is no memory left for what changes`)
    this.#next = word + words
    const slot = { word, kind, path, name, ...(length === undefined ? {} : { length }) }
    const slots = this.#placed.get(object) ?? new Map<string, PlacedSlot>()
    this.#placed.set(object, slots.set(name, slot))
    return slot
  }
}
