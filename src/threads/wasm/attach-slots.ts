import type { KeptField, Path, PlacedSlot } from './slots.ts'

type Fields = Record<string, unknown>

/** The object that is held by these names. */
export const heldBy = (root: object, path: Path): Fields =>
  path.reduce((object, name) => object[name] as Fields, root as Fields)

/** Moves fields of what `root` holds into the memory of compiled code; JavaScript finds them there as well. */
export function attachSlots(slots: readonly PlacedSlot[], root: object, buffer: SharedArrayBuffer): void {
  const words = new Int32Array(buffer)
  for (const slot of slots) attach(slot, heldBy(root, slot.path), words)
  for (const object of new Set(slots.map(({ path }) => heldBy(root, path)))) makeFast(object)
}

/** The fields are the object's own again, with the values that they have. */
export function detachSlots(slots: readonly PlacedSlot[], root: object): void {
  for (const { path, name } of slots) {
    const object = heldBy(root, path)
    const value = object[name]
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  }
}

/**
 * V8 keeps the properties of an object in a hash table once a field has become an accessor, where each access takes 50 to 100 ns; it
 * takes them out of the table, and compiles accesses again, if the object is a prototype.
 */
const makeFast = (object: object): void => void Object.setPrototypeOf({}, object)

function attach({ name, kind, word, length }: PlacedSlot, object: Fields, words: Int32Array<SharedArrayBuffer>): void {
  const value = object[name]
  if (length !== undefined) {
    const array = new Int32Array(words.buffer, word * 4, length)
    array.set(value as Int32Array)
    // Another array in its place would not be the one that compiled code looks at.
    Object.defineProperty(object, name, { value: array, writable: false, enumerable: true, configurable: true })
    return
  }
  const accessors = {
    number: () => whole(words, word, name),
    boolean: () => truth(words, word, name),
    fraction: () => fraction(words, word),
  }
  Object.defineProperty(object, name, { ...accessors[kind](), enumerable: true, configurable: true })
  object[name] = value
}

/** Fields and arrays that compiled code takes for constants stay as they are: a change throws. */
export function keep(fields: readonly KeptField[], arrays: readonly Path[], root: object): void {
  for (const path of arrays) Object.freeze(heldBy(root, path))
  for (const { path, name } of fields) {
    const object = heldBy(root, path)
    const value = object[name]
    const set = (other: unknown) => {
      if (other !== value) throw new TypeError(`${name} changes, but code was compiled for what it is`)
    }
    Object.defineProperty(object, name, { get: () => value, set, enumerable: true, configurable: true })
    makeFast(object)
  }
}

type Accessors = { readonly get: () => unknown; readonly set: (value: never) => void }

function whole(words: Int32Array, word: number, name: string): Accessors {
  return {
    get: () => words[word],
    set: (value: number) => {
      words[word] = value
      // A number that does not fit would be another one for compiled code.
      if (words[word] !== value) throw new RangeError(`${name} is ${value}, which is not a whole number of 32 bits`)
    },
  }
}

const truth = (words: Int32Array, word: number, name: string): Accessors => ({
  get: () => words[word] !== 0,
  set: (value: boolean) => {
    if (typeof value !== 'boolean') throw new TypeError(`${name} is ${value}, and was a boolean before`)
    words[word] = value ? 1 : 0
  },
})

function fraction(words: Int32Array<SharedArrayBuffer>, word: number): Accessors {
  const numbers = new Float64Array(words.buffer, word * 4, 1)
  return {
    get: () => numbers[0],
    set: (value: number) => {
      numbers[0] = value
    },
  }
}
