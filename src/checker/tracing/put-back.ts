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
export function putBack({ object, keys, values }: Contents): void {
  if (ArrayBuffer.isView(object)) (object as Int32Array).set(values as number[])
  else if (Array.isArray(object)) putBackList(object, values)
  else if (object instanceof Map) putBackMap(object, values)
  else if (object instanceof Set) putBackSet(object, values)
  else putBackNamed(object as Record<string, unknown>, keys, values)
}

const isPlain = (object: object): boolean =>
  !(ArrayBuffer.isView(object) || Array.isArray(object) || object instanceof Map || object instanceof Set)

function putBackList(list: unknown[], values: readonly unknown[]): void {
  if (list.length !== values.length - 1) list.length = values.length - 1
  for (let at = 0; at < list.length; at += 1) if (!Object.is(list[at], values[at + 1])) list[at] = values[at + 1]
}

function putBackMap(map: Map<unknown, unknown>, values: readonly unknown[]): void {
  if (map.size === 0 && values.length === 1) return
  map.clear()
  for (let at = 1; at < values.length; at += 2) map.set(values[at], values[at + 1])
}

function putBackSet(set: Set<unknown>, values: readonly unknown[]): void {
  if (set.size === 0 && values.length === 1) return
  set.clear()
  for (let at = 1; at < values.length; at += 1) set.add(values[at])
}

function putBackNamed(object: Record<string, unknown>, keys: readonly string[], values: readonly unknown[]): void {
  let at = 0
  let isSame = true
  for (const key in object) {
    isSame &&= key === keys[at]
    at += 1
  }
  // Removed and added again, so that they have their order.
  if (!isSame || at !== keys.length) for (const key of Object.keys(object)) delete object[key]
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index]!
    if (!Object.is(object[key], values[index])) object[key] = values[index]
  }
}
