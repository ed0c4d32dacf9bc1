import { nearestText } from '../errors/nearest.ts'
import type { Brought } from '../protocols/brought.ts'
import type { RwLock } from '../shared-memory/locks/lock.ts'
import { Place } from '../shared-memory/place.ts'

/** The declaration of a module, as far as it can be determined without running it; `problem`: why it is not a patch. */
export type Declared =
  | { readonly name: string; readonly replaces: readonly string[]; readonly problem?: undefined }
  | { readonly problem: string; readonly of?: string }

type Table = Readonly<Record<string, unknown>>

/** Reads the exports of a patch. */
export function declaredIn(module: Readonly<Record<string, unknown>>): Declared {
  const patch = module.default as
    | { readonly name?: unknown; readonly on?: Table; readonly replaces?: Table; readonly brings?: Partial<Brought> }
    | undefined
  if (patch === undefined) return { problem: exportsNothing(Object.keys(module)) }
  const { name, on, replaces } = patch ?? {}
  if (typeof name !== 'string' || on === undefined || replaces === undefined) return { problem: lacking(patch) }
  if (!/^[\w.][\w.-]*$/.test(name)) return { problem: `its name is '${name}': letters, digits, dots and dashes only` }
  const { kvm } = on as { readonly kvm?: Table }
  if (kvm === undefined) return { problem: 'its `on` is no kernel: `on: V6_8`, imported from `faultline/kvm`' }
  for (const [entry, own] of Object.entries(replaces)) {
    const problem = entry in kvm ? misfit(entry, own, kvm[entry]) : unknownEntry(entry, Object.keys(kvm))
    if (problem !== undefined) return { problem, of: entry }
  }
  const problem = patch.brings?.mmuLock === undefined ? undefined : unfitLock(patch.brings.mmuLock)
  return problem === undefined ? { name, replaces: Object.keys(replaces) } : { problem }
}

/** Which part of a patch is missing, or that it is none at all. */
function lacking(patch: unknown): string {
  const parts = { name: 'string', on: 'object', replaces: 'object' }
  const own: Table = typeof patch === 'object' && patch !== null ? { ...patch } : {}
  const missing = Object.entries(parts).flatMap(([name, type]) => (typeof own[name] === type ? [] : [`\`${name}\``]))
  return Object.hasOwn(own, 'kvm')
    ? `what it gives to \`patch()\` has no ${missing.join(', no ')}`
    : 'its default export was not made by `patch({ name, on, replaces })`'
}

const LOCK_METHODS: readonly (keyof RwLock)[] = [
  'readLock',
  'tryReadLock',
  'readUnlock',
  'writeLock',
  'tryWriteLock',
  'writeUnlock',
  'isContended',
]

/** A replacement of mmu_lock is checked for all its methods; otherwise a trial would fail at the first missing one. */
function unfitLock(make: NonNullable<Brought['mmuLock']>): string | undefined {
  const lock = make(new Place(), 2, () => 0) as Partial<Record<keyof RwLock, unknown>> | undefined
  const missing = LOCK_METHODS.filter((name) => typeof lock?.[name] !== 'function').map((name) => `*${name}(cpu)`)
  if (missing.length > 0) return `the lock that it brings for mmu_lock has no ${missing.join(', no ')}`
  if (lock?.id !== undefined) return undefined
  return "the lock that it brings for mmu_lock has no id: `this.id = place.lock('rwlock')`"
}

function exportsNothing(names: readonly string[]): string {
  const instead = names.length === 0 ? 'nothing' : `${names.join(', ')}, and no default export`
  return `it exports ${instead}: end it with \`export default patch({ name, on, says, replaces })\``
}

function unknownEntry(entry: string, known: readonly string[]): string {
  return `there is no function ${entry} in the table. ${nearestText(entry, known)}`
}

/** A function of steps can only be replaced by another one. */
function misfit(entry: string, own: unknown, ours: unknown): string | undefined {
  if (own === undefined)
    return `${entry} is replaced by nothing: leave it out of \`replaces\`, or write a function that does nothing`
  if (typeof own !== typeof ours) return `${entry} is a ${typeof ours} in the table, but of type ${typeof own} here`
  if (typeof own !== 'function') return undefined
  if (isSteps(own) === isSteps(ours)) return undefined
  return isSteps(ours)
    ? `${entry} takes steps in the table: write \`function* ${(own as { readonly name: string }).name || entry}\``
    : `${entry} takes no steps in the table: write it without the star`
}

export const isSteps = (value: unknown): boolean =>
  typeof value === 'function' && Object.getPrototypeOf(value)?.constructor?.name === 'GeneratorFunction'
