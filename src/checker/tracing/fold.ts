import { highOf, lowOf, mixHigh, mixLow } from '../fingerprint.ts'
import { hidesProperties, textOfClass } from './classes.ts'
import { textOfFunction } from './made-in-module.ts'

/** Two independent hashes of a text or of other values. */
type Pair = { readonly low: number; readonly high: number }

/** What is no number, hashed like an object: below the numbers of those, of which -1 is the CPU. */
const TRUE = -2
const FALSE = -3
const NULL = -4
const UNDEFINED = -5

/** `WeakMap.set()` itself: it is refused while actors run, and this hashes what they hold meanwhile. */
const remember = WeakMap.prototype.set

/** Hashes a sequence of values into two independent numbers. */
export class Fold {
  low = 0
  high = 0
  /** One of the values cannot be inspected. */
  isOpaque = false
  #parts = 0
  readonly #texts = new Map<string, Pair>()
  /** The hash for each function, and of the class that each prototype is of; undefined if it cannot be inspected. */
  readonly #functions = new WeakMap<object, Pair | undefined>()
  readonly #classes = new WeakMap<object, Pair | undefined>()

  begin(): void {
    this.low = 0
    this.high = 0
    this.#parts = 0
  }

  number(value: number): void {
    this.#parts += 1
    this.low = mixLow(this.#parts ^ this.low, value | 0)
    this.high = mixHigh(this.#parts ^ this.high, value | 0)
    if (value !== (value | 0)) this.text(String(value))
    else if (value === 0 && 1 / value < 0) this.text('-0')
  }

  pair({ low, high }: Pair): void {
    this.#parts += 1
    this.low = mixLow(this.#parts ^ this.low, low)
    this.high = mixHigh(this.#parts ^ this.high, high)
  }

  /** An object, by its number among those that were met; no plain number has the same hash. */
  object(place: number): void {
    this.#parts += 1
    this.low = mixLow(this.#parts ^ this.low, place)
    this.high = mixHigh(this.#parts ^ this.high, ~place)
  }

  /**
   * The class of an object, and the names of its properties: another object may hold the same values by other names. `isOpaque`
   * is set if the object holds something else that cannot be inspected.
   */
  shape(object: object, keys: readonly string[]): void {
    const met = this.#classOf(Object.getPrototypeOf(object) as object | null)
    if (met === undefined || hidesProperties(object, keys)) this.isOpaque = true
    else this.pair(met)
    for (const key of keys) this.text(key)
  }

  /** Texts are sites and names: the same few again and again. */
  text(text: string): void {
    this.pair(this.#textOf(text))
  }

  /** False, and nothing is hashed, if the value is an object. */
  plain(value: unknown): boolean {
    if (typeof value === 'number') this.number(value)
    else if (typeof value === 'boolean') this.object(value ? TRUE : FALSE)
    else if (typeof value === 'string') this.text(value)
    else if (typeof value === 'object' && value !== null) return false
    else if (typeof value === 'function') this.#function(value)
    else if (typeof value === 'bigint') this.text(`${value}n`)
    else if (typeof value === 'symbol') this.isOpaque = true
    else this.object(value === null ? NULL : UNDEFINED)
    return true
  }

  #textOf(text: string): Pair {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const met = { low: lowOf(text), high: highOf(text) }
    this.#texts.set(text, met)
    return met
  }

  #function(value: object & { readonly name: string }): void {
    let known = this.#functions.get(value)
    if (known === undefined && !this.#functions.has(value)) {
      const text = textOfFunction(value)
      known = text === undefined ? undefined : this.#textOf(text)
      remember.call(this.#functions, value, known)
    }
    if (known === undefined) this.isOpaque = true
    else this.pair(known)
  }

  #classOf(prototype: object | null): Pair | undefined {
    if (prototype === null) return this.#textOf('null')
    let known = this.#classes.get(prototype)
    if (known === undefined && !this.#classes.has(prototype)) {
      const text = textOfClass(prototype)
      known = text === undefined ? undefined : this.#textOf(text)
      remember.call(this.#classes, prototype, known)
    }
    return known
  }
}
