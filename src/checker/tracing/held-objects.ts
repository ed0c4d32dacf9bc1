import { mixHigh, mixLow } from '../fingerprint.ts'
import { isTypedArray } from './classes.ts'
import type { Fold } from './fold.ts'
import { type Contents, keysOf, putBack } from './put-back.ts'

/** One of the objects, with its contents when it was last inspected, and the names of its properties. */
type Held = {
  readonly object: object
  keys: readonly string[]
  /** Its length, if it has one, and then the values of its properties, its elements, or the keys and values of a map, in order. */
  values: unknown[]
  low: number
  high: number
}

/** All of them at one time. */
type Kept = {
  readonly all: readonly (Contents & { readonly low: number; readonly high: number })[]
  readonly low: number
  readonly high: number
  readonly isOpaque: boolean
}

/**
 * Every object that is reachable from one, and a fingerprint of them. An actor holds the same hundred objects at each step and
 * rarely changes one: their contents are compared with the previous ones, and only changed objects are hashed again.
 */
export class HeldObjects {
  low = 0
  high = 0
  /** Something in it cannot be inspected. */
  isOpaque = false
  readonly root: object
  readonly #fold: Fold
  #cpu: object
  readonly #held: Held[] = []
  /** Each by its number in the order of the traversal. */
  readonly #places = new Map<object, number>()
  #kept: Kept | undefined
  /** They may be others than those that were kept. */
  #areOthers = false
  /** The places of those that have changed since. */
  readonly #changed = new Set<number>()

  /** `cpu` is not part of them. */
  constructor(fold: Fold, root: object, cpu: object) {
    this.#fold = fold
    this.root = root
    this.#cpu = cpu
    this.#takeAll()
  }

  /** Undefined if it is none of them. */
  placeOf(object: object): number | undefined {
    return this.#places.get(object)
  }

  /** Hashes again what has changed since. */
  renew(): void {
    for (let at = 0; at < this.#held.length; at += 1) {
      const held = this.#held[at]!
      if (isAsBefore(held)) continue
      this.#changed.add(at)
      const before = held.values.slice()
      readInto(held)
      if (!holdsSameObjects(before, held.values)) {
        this.#areOthers = true
        this.#takeAll()
        return
      }
      this.low ^= mixLow(at, held.low)
      this.high ^= mixHigh(at, held.high)
      this.#add(at, held)
    }
  }

  /** From now on they can be put back to what they are now. */
  keep(): void {
    const { low, high, isOpaque } = this
    const all = this.#held.map((held) => ({ ...held, values: held.values.slice() }))
    this.#kept = { all, low, high, isOpaque }
  }

  /** Gives them the contents again that were kept, for a run on another CPU. */
  putBack(cpu: object): void {
    const { all, low, high, isOpaque } = this.#kept!
    for (const one of all) putBack(one)
    if (this.#areOthers) this.#takeKept(all)
    this.#areOthers = false
    for (const at of this.#changed) {
      const held = this.#held[at]!
      held.keys = all[at]!.keys
      held.values = all[at]!.values.slice()
      held.low = all[at]!.low
      held.high = all[at]!.high
    }
    this.#changed.clear()
    this.#places.delete(this.#cpu)
    this.#places.set(cpu, -1)
    this.#cpu = cpu
    this.low = low
    this.high = high
    this.isOpaque = isOpaque
  }

  #takeKept(all: Kept['all']): void {
    this.#held.length = 0
    this.#places.clear()
    for (const [at, { object, keys, values, low, high }] of all.entries()) {
      this.#places.set(object, at)
      this.#held.push({ object, keys, values: values.slice(), low, high })
    }
    this.#changed.clear()
  }

  #takeAll(): void {
    this.low = 0
    this.high = 0
    this.isOpaque = false
    this.#held.length = 0
    this.#places.clear()
    this.#places.set(this.#cpu, -1)
    this.#meet(this.root)
    for (let at = 0; at < this.#held.length; at += 1) {
      const held = this.#held[at]!
      for (const value of held.values) if (isObject(value)) this.#meet(value)
      this.#add(at, held)
    }
  }

  #meet(object: object): void {
    if (this.#places.has(object)) return
    const held: Held = { object, keys: [], values: [], low: 0, high: 0 }
    readInto(held)
    this.#places.set(object, this.#held.length)
    this.#held.push(held)
  }

  #add(at: number, held: Held): void {
    const fold = this.#fold
    fold.begin()
    fold.isOpaque = false
    fold.shape(held.object, held.keys)
    for (const value of held.values) if (!fold.plain(value)) fold.object(this.#places.get(value as object)!)
    this.isOpaque ||= fold.isOpaque
    held.low = fold.low
    held.high = fold.high
    this.low ^= mixLow(at, fold.low)
    this.high ^= mixHigh(at, fold.high)
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function readInto(held: Held): void {
  const { object, values } = held
  held.keys = keysOf(object)
  values.length = 0
  if (isTypedArray(object)) for (const value of object) values.push(value)
  else if (Array.isArray(object)) values.push(object.length, ...object)
  else if (object instanceof Map) values.push(object.size, ...[...object].flat())
  else if (object instanceof Set) values.push(object.size, ...object)
  else for (const key of held.keys) values.push((object as Record<string, unknown>)[key])
}

function isAsBefore({ object, keys, values }: Held): boolean {
  if (isTypedArray(object)) return isSameList(object, values, 0)
  if (Array.isArray(object)) return values[0] === object.length && isSameList(object, values, 1)
  if (object instanceof Map || object instanceof Set) return isSameCollection(object, values)
  let at = 0
  for (const key in object) {
    if (key !== keys[at] || (object as Record<string, unknown>)[key] !== values[at]) return false
    at += 1
  }
  return at === values.length
}

function isSameList(list: ArrayLike<unknown>, values: readonly unknown[], from: number): boolean {
  if (list.length + from !== values.length) return false
  for (let at = 0; at < list.length; at += 1) if (list[at] !== values[at + from]) return false
  return true
}

function isSameCollection(object: Map<unknown, unknown> | Set<unknown>, values: readonly unknown[]): boolean {
  if (object.size !== values[0]) return false
  let at = 1
  if (object instanceof Set) {
    for (const part of object) {
      if (part !== values[at]) return false
      at += 1
    }
    return true
  }
  for (const [key, value] of object) {
    if (key !== values[at] || value !== values[at + 1]) return false
    at += 2
  }
  return true
}

function holdsSameObjects(before: readonly unknown[], now: readonly unknown[]): boolean {
  const objects = now.filter(isObject)
  const earlier = before.filter(isObject)
  return objects.length === earlier.length && objects.every((object, at) => object === earlier[at])
}
