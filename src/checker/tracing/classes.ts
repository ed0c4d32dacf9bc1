import { types } from 'node:util'
import { mayHoldAnything, textOfFunction } from './made-in-module.ts'

/** The built-in objects whose whole contents can be inspected. */
const BUILT_IN: ReadonlyMap<object, string> = new Map(
  [
    ...[Object, Array, Map, Set, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array],
    ...[Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  ].map(({ name, prototype }) => [prototype as object, name]),
)

/**
 * The text of the class that an object with this prototype is of, with those that it extends. Undefined if an object of it
 * holds what cannot be inspected: a `Date`, a generator or a class that keeps variables of a function around it.
 */
export function textOfClass(prototype: object): string | undefined {
  const builtIn = BUILT_IN.get(prototype)
  if (builtIn !== undefined) return builtIn
  const made = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown
  const base = Object.getPrototypeOf(prototype) as object | null
  if (typeof made !== 'function' || made.prototype !== prototype || isNative(made) || base === null) return undefined
  const own = textOfFunction(made)
  const inherited = own === undefined ? undefined : textOfClass(base)
  return inherited === undefined ? undefined : `${own} extends ${inherited}`
}

const isNative = (made: object): boolean => Function.prototype.toString.call(made).endsWith('{ [native code] }')

/** Whether an object has properties besides its `keys`, elements or entries, or is none of its own: a proxy. */
export function hidesProperties(object: object, keys: readonly string[]): boolean {
  if (!mayHoldAnything()) return false
  const visible = Array.isArray(object)
    ? object.length + 1
    : ArrayBuffer.isView(object)
      ? (object as Int32Array).length
      : keys.length
  return Reflect.ownKeys(object).length !== visible || types.isProxy(object)
}

/** Whether its elements are its contents. */
export const isTypedArray = (object: object): object is Int32Array =>
  ArrayBuffer.isView(object) && !(object instanceof DataView)
