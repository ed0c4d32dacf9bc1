/** Names that every object answers to: a metric called `valueOf` would be found in runs that have none. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype))

/** A name in a value read from a file that no field may have, if there is one. */
export function inheritedName(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of Array.isArray(value) ? [] : Object.keys(value)) if (INHERITED.has(name)) return name
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const found = inheritedName(item)
    if (found !== undefined) return found
  }
  return undefined
}
