import type { ThreadCpu } from '../cpu.ts'
import type { Memory } from '../memory.ts'
import { type Compiled, type CompiledMethod, compileMethods } from './compile.ts'
import { HOST_FUNCTIONS } from './host.ts'
import { instantiate, pagesOf } from './memory.ts'
import { keepsState } from './source.ts'

type Method = (...args: unknown[]) => unknown
type Methods = Record<string, Method>

/** What an object must be able to do so that it is compiled: to be a lock, SRCU, or a sequence counter. */
const LOCKS = [
  ['acquire', 'tryAcquire', 'release'],
  ['readLock', 'tryReadLock', 'readUnlock'],
  ['readLock', 'readUnlock', 'synchronize'],
  ['readBegin', 'readRetry'],
]

/**
 * Puts compiled methods into the place of those of the locks and sequence counters that `root` holds. It must have been placed by
 * the opened build. Returns what stays in JavaScript, and why.
 */
export function installCompiledLocks(root: object, cpu: ThreadCpu, memory: Memory): Compiled['left'] {
  if (memory.wasm === undefined) throw new Error('compiled code needs words in WebAssembly memory')
  const sleepersWord = memory.sleepers.byteOffset / 4
  const locks = locksIn(root)
  const ofWords = locks.filter((lock) => !keepsState(lock))
  const { bytes, methods, left } = compileMethods(ofWords, cpu.id, sleepersWord, pagesOf(memory.wasm))
  const own = cpu as unknown as Methods
  const host = HOST_FUNCTIONS.map(({ name }) => [name, (...args: number[]) => own[name]!(...args)] as const)
  const exports = instantiate(bytes, memory.wasm, Object.fromEntries(host)) as Methods
  for (const method of methods) (method.object as Methods)[method.method] = callable(method, exports)
  return [...left, ...locks.flatMap((lock) => (ofWords.includes(lock) || holdsLock(lock) ? [] : [leftWhole(lock)]))]
}

const leftWhole = (lock: object) => ({ method: lock.constructor.name, why: 'it keeps state besides its words' })

/** An export is called as the method was. */
function callable({ export: name, isBoolean }: CompiledMethod, exports: Methods): Method {
  const compiled = exports[name]!
  return isBoolean ? (cpu, argument) => compiled(cpu, argument) !== 0 : compiled
}

/** Locks and sequence counters, wherever they are held. */
function locksIn(root: object): object[] {
  const met = new Set<object>()
  const left = [root]
  for (let object = left.pop(); object !== undefined; object = left.pop()) {
    if (met.has(object) || ArrayBuffer.isView(object)) continue
    met.add(object)
    for (const value of Object.values(object)) if (typeof value === 'object' && value !== null) left.push(value)
  }
  return [...met].filter(isLock)
}

const isLock = (object: object): boolean =>
  LOCKS.some((names) => names.every((name) => typeof (object as Methods)[name] === 'function'))

/** What watches another lock keeps notes of it: the other is compiled, and the instrument is not. */
const holdsLock = (object: object): boolean =>
  Object.values(object).some((value) => typeof value === 'object' && value !== null && isLock(value))
