import { compileMethods, type Target } from './compile.ts'
import type { CompiledLocks, Methods, Path } from './install.ts'
import { compileModule } from './memory.ts'
import { keepsState } from './source.ts'

/** The methods by which an object is recognised for compilation: a lock, SRCU, or a sequence counter. */
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
    needsOpened: methods.some(({ object }) => paths.get(object)!.some(isPrivate)),
    left: [...left, ...locks.flatMap((lock) => (ofWords.includes(lock) || holdsLock(lock) ? [] : [leftWhole(lock)]))],
  }
}

const isPrivate = (name: string) => name.startsWith('$')

const leftWhole = (lock: object) => ({ method: lock.constructor.name, why: 'it keeps state besides its words' })

/** Locks and sequence counters, wherever they are held, and by which names: public ones where there are such. */
function locksIn(root: object): Map<object, Path> {
  const met = new Map<object, Path>()
  const left: [object, Path][] = [[root, []]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [object, path] = next
    if (met.has(object) || ArrayBuffer.isView(object)) continue
    met.set(object, path)
    for (const [name, value] of Object.entries(object)) {
      if (typeof value !== 'object' || value === null) continue
      // Private members have such names only in the opened build.
      if (isPrivate(name)) left.unshift([value, [...path, name]])
      else left.push([value, [...path, name]])
    }
  }
  return new Map([...met].filter(([object]) => isLock(object)))
}

const isLock = (object: object): boolean =>
  LOCKS.some((names) => names.every((name) => typeof (object as Methods)[name] === 'function'))

/** An instrument that wraps a lock keeps records: the lock is compiled, the instrument is not. */
const holdsLock = (object: object): boolean =>
  Object.values(object).some((value) => typeof value === 'object' && value !== null && isLock(value))
