import { isTypedArray } from './classes.ts'

/** The contents of an object at some time: its keys if it has names for them, and its values in order, after its length if it has one. */
export type Contents = {
  readonly object: object
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
}

/** The names of what an object holds; none of a list, a map or a set. */
export function keysOf(object: object): readonly string[] {
  const keys: string[] = []
  if (isPlain(object)) for (const key in object) keys.push(key)
  return keys
}

/** Gives an object the contents again that it had. What is as it was is not written to: it may be frozen. */
export function putBack(contents: Contents): void {
  if (isAsItWas(contents)) return
  const { object, keys, values } = contents
  if (isTypedArray(object)) object.set(values as number[])
  else if (Array.isArray(object)) putBackList(object, values)
  else if (object instanceof Map) putBackMap(object, values)
  else if (object instanceof Set) putBackSet(object, values)
  else putBackNamed(object as Record<string, unknown>, keys, values)
}

const isPlain = (object: object): boolean =>
  !(isTypedArray(object) || Array.isArray(object) || object instanceof Map || object instanceof Set)

/** Nearly all of them are. */
function isAsItWas({ object, keys, values }: Contents): boolean {
  if (isTypedArray(object)) return isSameList(object, values, 0)
  if (Array.isArray(object)) return isSameList(object, values, 1)
  if (object instanceof Map || object instanceof Set) return object.size === 0 && values.length === 1
  let at = 0
  for (const key in object) {
    if (key !== keys[at] || !Object.is((object as Record<string, unknown>)[key], values[at])) return false
    at += 1
  }
  return at === keys.length
}

function isSameList(list: ArrayLike<unknown>, values: readonly unknown[], from: number): boolean {
  if (list.length + from !== values.length) return false
  for (let at = 0; at < list.length; at += 1) if (!Object.is(list[at], values[at + from])) return false
  return true
}

function putBackList(list: unknown[], values: readonly unknown[]): void {
  list.length = values.length - 1
  for (let at = 0; at < list.length; at += 1) list[at] = values[at + 1]
}

function putBackMap(map: Map<unknown, unknown>, values: readonly unknown[]): void {
  map.clear()
  for (let at = 1; at < values.length; at += 2) map.set(values[at], values[at + 1])
}

function putBackSet(set: Set<unknown>, values: readonly unknown[]): void {
  set.clear()
  for (let at = 1; at < values.length; at += 1) set.add(values[at])
}

function putBackNamed(object: Record<string, unknown>, keys: readonly string[], values: readonly unknown[]): void {
  const now = Object.keys(object)
  // Removed and added again, so that they have their order.
  if (now.length !== keys.length || now.some((key, at) => key !== keys[at])) for (const key of now) delete object[key]
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at]!
    if (!Object.is(object[key], values[at])) object[key] = values[at]
  }
}
