import type { Methods } from './install.ts'
import type { Path } from './slots.ts'

/** The methods by which an object is recognised for compilation: a lock, SRCU, or a sequence counter. */
const LOCKS = [
  ['acquire', 'tryAcquire', 'release'],
  ['readLock', 'tryReadLock', 'readUnlock'],
  ['readLock', 'readUnlock', 'synchronize'],
  ['readBegin', 'readRetry'],
]

/** Every object that `root` holds, wherever, and by which names: public ones where there are such. */
export function objectsIn(root: object): Map<object, Path> {
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
  return met
}

export const isPrivate = (name: string): boolean => name.startsWith('$')

/** Locks and sequence counters. */
export const isLock = (object: object): boolean =>
  LOCKS.some((names) => names.every((name) => typeof (object as Methods)[name] === 'function'))

/** An instrument that wraps a lock keeps records: the lock is compiled, the instrument is not. */
export const holdsLock = (object: object): boolean =>
  Object.values(object).some((value) => typeof value === 'object' && value !== null && isLock(value))
