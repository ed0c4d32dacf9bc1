import type { LockStanding, Wait } from '../shared-memory/lockdep/deadlock.ts'
import { type Circle, circlesOf, EXCLUSIVE } from '../shared-memory/lockdep/graph.ts'
import { type LockClass, splatOf } from '../shared-memory/lockdep/splat.ts'
import type { LockEntry, Place } from '../shared-memory/place.ts'
import { siteName } from './sites.ts'
import type { Vm } from './vm.ts'

/** Circles among the lock classes of a run, as its memory shows them; none if lockdep did not watch. */
export const lockCircles = (vm: Vm, words: Int32Array): Circle[] =>
  vm.lockdep === undefined ? [] : circlesOf(vm.lockdep.dependenciesIn(words))

/** Each of them in the form of the kernel's splat. */
export function lockSplats(vm: Vm, words: Int32Array, place: Place, taskOf: (cpu: number) => string): string[] {
  const classOf = (lock: number): LockClass => {
    const entry = place.locks[lock]!
    return { name: kernelName(entry), kind: entry.kind, ...vm.lockdep!.usageIn(words, lock) }
  }
  const names = {
    classOf,
    siteOf: siteName,
    taskOf: (cpu: number) => taskOf(cpu).replace(' ', '-'),
    release: 'faultline',
  }
  return lockCircles(vm, words).map((circle) => splatOf(circle, names))
}

/** `&kvm->slots_lock` for `slotsLock`; anything that is not a lock of a VM keeps its own name. */
export function kernelName({ name, kind }: LockEntry): string {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return kind === 'map' || name === 'mmuNotifierInvalidateRangeStart' ? snake : `&kvm->${snake}`
}

/** Names, for each lock of the cycle, the CPU that holds it and the CPU that waits for it, in one sentence. */
export function deadlockText(
  circle: readonly Wait[],
  standings: readonly LockStanding[],
  place: Place,
  taskOf: (cpu: number) => string,
): string {
  const nameOf = (lock: number) => place.locks[lock]!.name
  return circle
    .map(({ waiter, wants, blocker, heldAs }) => {
      const holds = standings[waiter]!.holds.map(({ lock, mode }) => `${nameOf(lock)}${sideText(lock, mode, place)}`)
      const has = holds.length === 0 ? '' : `holds ${[...new Set(holds)].join(', ')} and `
      const why =
        heldAs === undefined
          ? `behind ${taskOf(blocker)}, which waits for it alone`
          : `which ${taskOf(blocker)} holds${sideText(wants.lock, heldAs, place)}`
      return `${taskOf(waiter)} ${has}waits for ${nameOf(wants.lock)}${sideText(wants.lock, wants.mode, place)}, ${why}`
    })
    .join('; ')
}

const sideText = (lock: number, mode: number, place: Place): string => {
  const { kind } = place.locks[lock]!
  if (kind !== 'rwlock' && kind !== 'rwsem') return ''
  return mode === EXCLUSIVE ? ' for write' : ' for read'
}
