import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { noText } from '../errors/file-content.ts'
import { checkCpuMembers } from '../patches/cpu-members.ts'
import { whereThrown } from '../patches/place-in.ts'
import type { Patch } from '../protocols/patch.ts'
import type { Lock, RwLock } from '../shared-memory/locks/lock.ts'
import { Place } from '../shared-memory/place.ts'
import { type Answer, explore } from './answer.ts'
import type { Limits } from './limits.ts'
import type { Build, Clause } from './lock/contract.ts'
import { Refused } from './refused.ts'
import { loadTraced } from './tracing/load-traced.ts'

const LOCK = ['acquire', 'release']
const RW_LOCK = ['readLock', 'readUnlock', 'writeLock', 'writeUnlock']
/** The methods that an mmu_lock of a patch must have. */
const MMU_LOCK = [...RW_LOCK, 'tryReadLock', 'tryWriteLock', 'isContended']
const EXPECTED =
  'A lock is a class that is built by `new (place, cpus)` and has `*acquire(cpu)` and `*release(cpu)`, or `*readLock`, `*readUnlock`, `*writeLock` and `*writeUnlock`; `*tryAcquire`, `*tryReadLock` and `*tryWriteLock` if it can be tried.'

/** A class of locks in a file, and the clauses of the contract that it must keep. */
export type LockClass = {
  readonly name: string
  readonly kind: 'lock' | 'reader-writer lock'
  readonly clauses: readonly Clause[]
}

export type ClauseAnswer = { readonly clause: Clause; readonly answer: Answer }

/** Loads the classes of locks that a file exports; those of TypeScript too. */
export async function loadLocks(file: string): Promise<LockClass[]> {
  const exported = Object.entries(await load(file))
  await checkCpuMembers(file)
  const [contract, visits] = await Promise.all([import('./lock/contract.ts'), tracedVisits()])
  const own = exported.flatMap(([name, value]) => classIn(name, value))
  const candidates = own.length > 0 ? own : exported.flatMap(([, value]) => broughtBy(value))
  const classes = candidates.flatMap(({ name, built }): LockClass[] => {
    const methods = methodsOf(file, name, built)
    const has = (...needed: string[]) => needed.every((method) => methods.has(method))
    const missing = own.length > 0 ? [] : MMU_LOCK.filter((method) => !methods.has(method))
    if (missing.length > 0) {
      throw new Refused(`${file}: ${name} has no *${missing.join('(cpu), no *')}(cpu)`, 'mmu_lock needs all of them.')
    }
    if (has(...RW_LOCK)) {
      const hasTry = has('tryReadLock', 'tryWriteLock')
      const clauses = contract.rwLockContract(built as Build<RwLock>, visits, hasTry)
      return [{ name, kind: 'reader-writer lock', clauses }]
    }
    if (!has(...LOCK)) return []
    return [{ name, kind: 'lock', clauses: contract.lockContract(built as Build<Lock>, visits, has('tryAcquire')) }]
  })
  if (classes.length > 0) return classes
  const halves = candidates.flatMap(({ name, built }) => halfOf(name, methodsOf(file, name, built)))
  throw new Refused([`${file} exports no lock`, ...halves].join('; '), EXPECTED)
}

/** The methods that are missing from a class that has some methods of a lock. */
const halfOf = (name: string, methods: ReadonlySet<string>): string[] => {
  const kinds = [LOCK, RW_LOCK].filter((kind) => kind.some((method) => methods.has(method)))
  const lacks = kinds.map((kind) => kind.filter((method) => !methods.has(method)).map((method) => `*${method}(cpu)`))
  return lacks.map((missing) => `${name} has no ${missing.join(', no ')}`)
}

/** A lock with an unbounded counter has infinitely many states. */
const NOTE_STATES = 100_000

/** Explores one clause of the contract. Starvation is looked for in sequentially consistent memory. */
export function checkClause(clause: Clause, bound: Partial<Limits>): ClauseAnswer {
  const asked = clause.isNote ? { ...bound, memory: 'sc' as const, states: NOTE_STATES } : bound
  return { clause, answer: explore({ ...clause.exploration, bound: asked }) }
}

type Candidate = { readonly name: string; readonly built: Build<unknown> }

function classIn(name: string, value: unknown): Candidate[] {
  if (typeof value !== 'function' || !/^class\b/.test(String(value))) return []
  return [{ name: value.name || name, built: build(value as never) }]
}

/** The lock of a patch, as it makes it. */
function broughtBy(value: unknown): Candidate[] {
  const { name, brings } = (value ?? {}) as Partial<Patch>
  const placed = brings?.mmuLock
  if (placed === undefined) return []
  return [{ name: `mmuLock of ${name}`, built: (place, cpus) => placed(place, cpus, (cpu) => cpu % 2) }]
}

const build =
  (Lock: new (place: Place, cpus: number) => unknown): Build<unknown> =>
  (place, cpus) =>
    new Lock(place, cpus)

/** Files that Node runs; anything else is not code, or a folder of it. */
const MODULE = /\.[cm]?[jt]s$/

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await loadTraced(file)
  } catch (cause) {
    if (cause instanceof Refused) throw cause
    if (!existsSync(file))
      throw new Refused(`${file} cannot be loaded: there is no such file`, 'Paths are from the current folder.')
    if (!MODULE.test(file))
      throw new Refused(
        `${file} is no module: its name ends neither with .ts nor with .js`,
        'Give a file that exports locks: see docs/checking.md.',
      )
    const what = noText(readFileSync(file, 'utf8'), 'JavaScript or TypeScript')
    if (what !== undefined)
      throw new Refused(`${file} ${what}`, 'Give a file that exports locks: see docs/checking.md.')
    const place = whereThrown(cause)
    const says = place === undefined ? `${file} cannot be loaded` : `${dirname(file)}/${place} throws when it is loaded`
    throw new Refused(`${says}: ${reasonOf(cause, file)}`, remedyOf(cause as Error))
  }
}

const remedyOf = ({ message }: Error): string => {
  const [, name] = / does not provide an export named '(\w+)'/.exec(message) ?? []
  return name === undefined
    ? 'Nothing was run.'
    : `Types are erased, so an import must say that it is one: \`import { type ${name} }\`. If ${name} is none, look at its spelling.`
}

/** Without the file that asked for it, which is ours. */
const reasonOf = (cause: unknown, file: string): string =>
  (cause as Error).message.replace(/ imported from (\S+)$/, (_, from: string) =>
    from === file || from.startsWith(`${file}?`) ? '' : ` for ${from}`,
  )

function methodsOf(file: string, name: string, built: Build<unknown>): Set<string> {
  let lock: unknown
  try {
    lock = built(new Place().within('lock'), 2)
  } catch (cause) {
    throw new Refused(`${name} of ${file} cannot be built: ${(cause as Error).message}`, EXPECTED)
  }
  const methods = new Set<string>()
  for (let at: unknown = lock; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Object.getOwnPropertyNames(at))
      if (typeof Reflect.get(lock as object, key) === 'function') methods.add(key)
  }
  return methods
}

const tracedVisits = (): Promise<typeof import('./lock/visits.ts')> =>
  import(new URL('../traced/checker/lock/visits.js', import.meta.url).href)
