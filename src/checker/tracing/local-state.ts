import { highOf, lowOf, mixHigh, mixLow } from '../fingerprint.ts'
import type { Frames } from './frames.ts'

/** Two independent hashes of a text. */
type Text = { readonly low: number; readonly high: number }

/**
 * A fingerprint of an actor's private state: its position in each active function, the live locals, and every object
 * that they reach. Two histories with the same state are equal from here on.
 */
export class LocalState {
  /** The fingerprint: the same wherever the actor is run. */
  low = 0
  high = 0
  #parts = 0
  #isOpaque = false
  readonly #texts = new Map<string, Text>()
  /** The text for each function: computing its name is slow. */
  readonly #functions = new WeakMap<object, Text>()
  readonly #met = new Map<object, number>()

  /**
   * Undefined if the state contains an object that cannot be inspected. `cpu` is not part of it; its pending instruction
   * is, as numbers.
   */
  of(frames: Frames, cpu: object, numbers: readonly number[]): string | undefined {
    this.low = 0
    this.high = 0
    this.#parts = 0
    this.#isOpaque = false
    this.#met.clear()
    this.#met.set(cpu, 0)
    for (const number of numbers) this.#number(number)
    for (const { site, locals } of frames) {
      this.#text(site)
      for (const local of locals) this.#value(local)
    }
    return this.#isOpaque ? undefined : `${this.low},${this.high}`
  }

  #number(value: number): void {
    this.#parts += 1
    this.low = mixLow(this.#parts ^ this.low, value | 0)
    this.high = mixHigh(this.#parts ^ this.high, value | 0)
    if (value !== (value | 0)) this.#text(String(value))
  }

  /** Texts are sites and names: the same few again and again. */
  #text(text: string): void {
    this.#takeText(this.#textOf(text))
  }

  #takeText({ low, high }: Text): void {
    this.#parts += 1
    this.low = mixLow(this.#parts ^ this.low, low)
    this.high = mixHigh(this.#parts ^ this.high, high)
  }

  #textOf(text: string): Text {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const met = { low: lowOf(text), high: highOf(text) }
    this.#texts.set(text, met)
    return met
  }

  #function(value: object & { readonly name: string }): void {
    let known = this.#functions.get(value)
    if (known === undefined) {
      known = this.#textOf(value.name)
      this.#functions.set(value, known)
    }
    this.#takeText(known)
  }

  #value(value: unknown): void {
    if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'boolean') this.#number(value ? 101 : 102)
    else if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'object' && value !== null) this.#object(value)
    else if (typeof value === 'function') this.#function(value)
    else if (typeof value === 'symbol') this.#isOpaque = true
    else this.#number(value === null ? 103 : 104)
  }

  #object(object: object): void {
    const met = this.#met.get(object)
    this.#number(met ?? -1)
    if (met !== undefined) return
    this.#met.set(object, this.#met.size)
    if (ArrayBuffer.isView(object)) this.#numbers(object as Int32Array)
    else if (Array.isArray(object)) this.#all(object, object.length)
    else if (object instanceof Map || object instanceof Set) this.#all(object, object.size)
    else for (const key in object) this.#value((object as Record<string, unknown>)[key])
  }

  #numbers(parts: Int32Array): void {
    for (let at = 0; at < parts.length; at += 1) this.#number(parts[at]!)
  }

  /** Without their number, [1], [2, 3] would be [1, 2], [3]. */
  #all(parts: Iterable<unknown>, length: number): void {
    this.#number(length)
    for (const part of parts) this.#value(part)
  }
}
