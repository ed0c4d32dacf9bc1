import type { ThreadCpu } from '../cpu.ts'
import { type Compiled, type CompiledMethod, compileMethods, type Target } from './compile.ts'
import { HOST_FUNCTIONS } from './host.ts'
import { compileModule, instantiate, type WasmMemory, type WasmModule } from './memory.ts'
import { keepsState } from './source.ts'

type Method = (...args: unknown[]) => unknown
type Methods = Record<string, Method>

/** The names by which an object is held, from a root to it. */
type Path = readonly string[]

/** The methods of locks and sequence counters, compiled for one CPU. It goes through `postMessage`, and threads share its machine code. */
export type CompiledLocks = {
  readonly module: WasmModule
  readonly methods: readonly (Omit<CompiledMethod, 'object'> & { readonly path: Path })[]
  /** What stays in JavaScript, and why. */
  readonly left: Compiled['left']
}

/** What an object must be able to do so that it is compiled: to be a lock, SRCU, or a sequence counter. */
const LOCKS = [
  ['acquire', 'tryAcquire', 'release'],
  ['readLock', 'tryReadLock', 'readUnlock'],
  ['readLock', 'readUnlock', 'synchronize'],
  ['readBegin', 'readRetry'],
]

/** Compiles the locks and sequence counters that `root` holds. It must have been placed by the opened build. */
export function compileLocks(root: object, target: Target): CompiledLocks {
  const paths = locksIn(root)
  const locks = [...paths.keys()]
  const ofWords = locks.filter((lock) => !keepsState(lock))
  const { bytes, methods, left } = compileMethods(ofWords, target)
  return {
    module: compileModule(bytes),
    methods: methods.map(({ object, ...method }) => ({ ...method, path: paths.get(object)! })),
    left: [...left, ...locks.flatMap((lock) => (ofWords.includes(lock) || holdsLock(lock) ? [] : [leftWhole(lock)]))],
  }
}

/**
 * Puts compiled methods into the place of those of `root`, which was placed as the one that they were compiled from: by the opened
 * build too, as what is private elsewhere has a name there.
 */
export function installLocks(
  { module, methods }: CompiledLocks,
  root: object,
  cpu: ThreadCpu,
  memory: WasmMemory,
): void {
  const own = cpu as unknown as Methods
  const host = HOST_FUNCTIONS.map(({ name }) => [name, (...args: number[]) => own[name]!(...args)] as const)
  const exports = instantiate(module, memory, Object.fromEntries(host)) as Methods
  for (const method of methods) heldBy(root, method.path)[method.method] = callable(method, exports)
}

const heldBy = (root: object, path: Path): Methods =>
  path.reduce((object, name) => object[name] as unknown as Methods, root as Methods)

const leftWhole = (lock: object) => ({ method: lock.constructor.name, why: 'it keeps state besides its words' })

/** An export is called as the method was. */
function callable({ export: name, isBoolean }: Omit<CompiledMethod, 'object'>, exports: Methods): Method {
  const compiled = exports[name]!
  return isBoolean ? (cpu, argument) => compiled(cpu, argument) !== 0 : compiled
}

/** Locks and sequence counters, wherever they are held, and by which names. */
function locksIn(root: object): Map<object, Path> {
  const met = new Map<object, Path>()
  const left: [object, Path][] = [[root, []]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [object, path] = next
    if (met.has(object) || ArrayBuffer.isView(object)) continue
    met.set(object, path)
    for (const [name, value] of Object.entries(object)) {
      if (typeof value === 'object' && value !== null) left.push([value, [...path, name]])
    }
  }
  return new Map([...met].filter(([object]) => isLock(object)))
}

const isLock = (object: object): boolean =>
  LOCKS.some((names) => names.every((name) => typeof (object as Methods)[name] === 'function'))

/** An instrument that wraps a lock keeps records: the lock is compiled, the instrument is not. */
const holdsLock = (object: object): boolean =>
  Object.values(object).some((value) => typeof value === 'object' && value !== null && isLock(value))
