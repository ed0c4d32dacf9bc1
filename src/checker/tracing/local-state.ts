import { isTypedArray } from './classes.ts'
import { Fold } from './fold.ts'
import type { Frames } from './frames.ts'
import { HeldObjects } from './held-objects.ts'
import { keysOf } from './put-back.ts'

/**
 * A fingerprint of an actor's private state: its position in each active function, the live locals, and every object
 * that they reach. Two histories with the same state are equal from here on.
 */
export class LocalState {
  readonly #fold = new Fold()
  readonly #met = new Map<object, number>()
  #held: HeldObjects | undefined

  /** The fingerprint: the same wherever the actor is run. */
  get low(): number {
    return this.#fold.low
  }

  get high(): number {
    return this.#fold.high
  }

  /**
   * Undefined if the state contains an object that cannot be inspected. `cpu` is not part of it; its pending instruction
   * is, as numbers. `heldBy`: what this run of the actor held before, by root; it is renewed.
   */
  of(frames: Frames, cpu: object, numbers: readonly number[], heldBy: Map<object, HeldObjects>): string | undefined {
    const fold = this.#fold
    this.#held = this.#heldIn(frames, cpu, heldBy)
    fold.isOpaque = this.#held?.isOpaque ?? false
    this.#met.clear()
    this.#met.set(cpu, -1)
    fold.begin()
    if (this.#held !== undefined) fold.pair(this.#held)
    for (const number of numbers) fold.number(number)
    for (const { site, locals } of frames) {
      fold.text(site)
      for (const local of locals) this.#value(local)
    }
    return fold.isOpaque ? undefined : `${fold.low},${fold.high}`
  }

  /** What an actor that begins on such an object will hold. */
  hold(root: object): HeldObjects {
    const held = new HeldObjects(this.#fold, root, NO_CPU)
    held.keep()
    return held
  }

  #heldIn(frames: Frames, cpu: object, heldBy: Map<object, HeldObjects>): HeldObjects | undefined {
    const root = rootIn(frames, cpu)
    if (root === undefined) return undefined
    const known = heldBy.get(root)
    if (known !== undefined) {
      known.renew()
      return known
    }
    const held = new HeldObjects(this.#fold, root, cpu)
    heldBy.set(root, held)
    return held
  }

  #value(value: unknown): void {
    if (!this.#fold.plain(value)) this.#object(value as object)
  }

  #object(object: object): void {
    const place = this.#held?.placeOf(object)
    if (place !== undefined) {
      this.#fold.object(place)
      return
    }
    const met = this.#met.get(object)
    this.#fold.object(met ?? UNMET)
    if (met !== undefined) return
    this.#met.set(object, FIRST_MET + this.#met.size)
    const keys = keysOf(object)
    this.#fold.shape(object, keys)
    if (isTypedArray(object) || Array.isArray(object)) this.#some(object, object.length)
    else if (object instanceof Map || object instanceof Set) this.#some(object, object.size)
    else for (const key of keys) this.#value((object as Record<string, unknown>)[key])
  }

  /** Without their number, [1], [2, 3] would be [1, 2], [3]. */
  #some(parts: Iterable<unknown>, length: number): void {
    this.#fold.number(length)
    for (const part of parts) this.#value(part)
  }
}

/** Of an object that no actor works on yet. */
const NO_CPU = {}

/** Above the places of held objects: an object that is met for the first time, and those that were met before. */
const UNMET = 1 << 24
const FIRST_MET = UNMET + 1

function rootIn(frames: Frames, cpu: object): object | undefined {
  for (const { locals } of frames) for (const local of locals) if (local !== cpu && isOfClass(local)) return local
  return undefined
}

/** Neither a plain object nor a built-in collection. */
function isOfClass(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    prototype !== Object.prototype && prototype !== null && prototype !== Map.prototype && prototype !== Set.prototype
  )
}
