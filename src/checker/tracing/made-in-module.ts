import { isMarkedClosure } from '../../builds/closures.ts'

/** Functions and classes that a module made while it was loaded, so before any actor ran, and where they are found. */
const made = new WeakMap<object, string>()

let isUsersCode = false

/** From now on actors are the user's: they may hold what ours never do, such as a proxy or a symbol as a key. */
export function expectUsersCode(): void {
  isUsersCode = true
}

/** Whether all that an actor may hold has to be looked for, which takes a tenth of the time of an exploration. */
export const mayHoldAnything = (): boolean => isUsersCode

/** Notes every function and class that is reachable from what a user's module exports. */
export function noteExports(exported: object): void {
  expectUsersCode()
  const toVisit: (readonly [value: unknown, path: string])[] = [[exported, '']]
  const met = new Set<unknown>()
  for (const [value, path] of toVisit) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || met.has(value)) continue
    met.add(value)
    if (typeof value === 'function') made.set(value, path)
    if (ArrayBuffer.isView(value)) continue
    for (const [name, { value: part }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      toVisit.push([part, `${path}.${name}`])
    }
  }
}

/**
 * What a function or a class is, as text; undefined if it keeps variables that cannot be inspected and that may differ from one
 * history to another. What a module has made while it was loaded keeps what the module keeps: the same for every actor.
 */
export function textOfFunction(value: object & { readonly name: string }): string | undefined {
  const path = made.get(value)
  const hidesVariables = path === undefined && (isMarkedClosure(value) || value.name.startsWith('bound '))
  return hidesVariables ? undefined : `${value.name} ${Function.prototype.toString.call(value)} ${path ?? ''}`
}
