import type { Changes } from './changes.ts'
import { fieldsAssignedIn, hasGetter } from './source.ts'
import { isOf32Bits, NotCompiled } from './values.ts'

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

/** What this root holds is there for the whole run; a role makes other objects for itself. */
const KEPT_ROOT = 'vm'

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
  readonly #keptArrays = new Map<readonly unknown[], Path>()
  /** How many names each buffer of numbers has. */
  readonly #holders = new Map<ArrayBufferLike, number>()
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
    for (const value of [...paths.keys()].flatMap((object): unknown[] => Object.values(object))) {
      if (ArrayBuffer.isView(value)) this.#holders.set(value.buffer, (this.#holders.get(value.buffer) ?? 0) + 1)
    }
  }

  /** The slot of a field; undefined: the field never changes. */
  of(object: object, name: string): Slot | undefined {
    const known = this.#placed.get(object)?.get(name)
    if (known !== undefined) return known
    if ((typeof object !== 'object' && typeof object !== 'function') || Object.isFrozen(object)) return undefined
    const value = (object as Readonly<Record<string, unknown>>)[name]
    if (typeof value === 'function' && !Object.hasOwn(object, name)) return undefined
    const path = this.#paths.get(object)
    if (value instanceof Int32Array && path !== undefined) return this.#placeArray(object, name, value)
    if (!this.#changes.has(object, name, path?.at(-1)) || hasGetter(object, name)) return undefined
    if (path === undefined) throw new NotCompiled(`.${name}, which may change, of what no object of this VM holds`)
    if (this.#constant.has(object)) return this.#keep(object, name)
    if (typeof value === 'boolean') return this.#place(object, name, 'boolean')
    if (typeof value !== 'number') return this.#keep(object, name)
    const { FRACTIONS } = object.constructor as WithFractions
    if (FRACTIONS?.includes(name)) return this.#place(object, name, 'fraction')
    if (!isOf32Bits(value) && fieldsAssignedIn(object).has(name))
      throw new NotCompiled(`.${name}, which is ${value} and no whole number of 32 bits`)
    // Probably another object's field of this name changes.
    if (!isOf32Bits(value)) return this.#keep(object, name)
    return this.#place(object, name, 'number')
  }

  /** The elements of an array, and how many there are, are taken for constants. `name`: under which it is held. */
  keepElements(array: readonly unknown[], name: string): void {
    if (Object.isFrozen(array)) return
    const path = this.#paths.get(array)
    if ([name, path?.at(-1) ?? name].some((held) => this.#changes.hasElementsOf(held)))
      throw new NotCompiled(`an element of ${name}, which changes`)
    if (path?.[0] === KEPT_ROOT) this.#keptArrays.set(array, path)
    else throw new NotCompiled(`an element of ${name}, which no placed object holds`)
  }

  /** Fields that compiled code takes for constants although a method can change them. */
  get kept(): readonly KeptField[] {
    return [...this.#kept.values()]
  }

  get keptArrays(): readonly Path[] {
    return [...this.#keptArrays.values()]
  }

  get placed(): readonly PlacedSlot[] {
    return [...this.#placed.values()].flatMap((slots) => [...slots.values()])
  }

  /** A field that may be given another object: not from now on. */
  #keep(object: object, name: string): undefined {
    const path = this.#paths.get(object)!
    if (path[0] !== KEPT_ROOT) throw new NotCompiled(`.${name}, which may become another object`)
    this.#kept.set(`${path.join()},${name}`, { path, name })
  }

  /** It moves into the memory of compiled code: nothing else may see its numbers under another name. */
  #placeArray(object: object, name: string, { buffer, byteLength, length }: Int32Array): Slot {
    const isAlone = this.#holders.get(buffer) === 1 && byteLength === buffer.byteLength
    if (!isAlone || buffer instanceof SharedArrayBuffer)
      throw new NotCompiled(`.${name}, whose numbers have another name too`)
    return this.#place(object, name, 'number', length)
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
