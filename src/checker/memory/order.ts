import { ACQUIRE, AS_STORE, AS_STORE_RELEASE, FULL, MB, type Order, RELEASE, WMB } from '../../shared-memory/cpu.ts'
import type { Behaviour } from '../behaviour.ts'
import {
  BARRIER,
  CAS,
  isReadModifyWrite,
  LOAD,
  PARK,
  PAUSE,
  READ,
  STORE,
  UNPARK,
  UNTIL_CLEAR,
  UNTIL_EQUAL,
  WRITE,
} from '../instructions.ts'
import type { MemoryModel } from './model.ts'

// How the instructions order accesses, by node of a behaviour. Waits acquire, `park` and `unpark` order everything; a
// read-modify-write declares its order, except on x86, where it orders everything.

/** `smp_load_acquire()`, `rcu_dereference()`. */
export const isAcquire = ({ kind, a }: Behaviour, node: number): boolean => kind.at[node] === LOAD && a.at[node] === 1

/** Instructions that go into the store buffer: a store, also of a byte or a halfword, which changes a part of its word. */
export function isStored({ kind, order }: Behaviour, node: number): boolean {
  const code = kind.at[node]!
  return code === WRITE || code === STORE || (isReadModifyWrite(code) && order.at[node]! >= AS_STORE)
}

/** `smp_store_release()`, `rcu_assign_pointer()`. */
export const isRelease = ({ kind, b, order }: Behaviour, node: number): boolean =>
  kind.at[node] === STORE ? b.at[node] === 1 : order.at[node] === AS_STORE_RELEASE

/** The CPU's own stores must be seen by all before this. */
export function drains(behaviour: Behaviour, node: number, model: MemoryModel): boolean {
  const code = behaviour.kind.at[node]!
  if (isStored(behaviour, node)) return false
  if (isReadModifyWrite(code)) return isOrdered(behaviour, node, model, RELEASE)
  return code === PARK || code === UNPARK || (code === BARRIER && behaviour.a.at[node] === MB)
}

/**
 * No load that comes later may have been satisfied before this. Under tso only the compiler moves loads, and only plain ones:
 * every barrier is one for it too, and so is an access that acquires or releases.
 */
export function endsWindow(behaviour: Behaviour, node: number, model: MemoryModel): boolean {
  const code = behaviour.kind.at[node]!
  if (mayFindOlder(behaviour, node, model)) return false
  if (isStored(behaviour, node)) return model === 'tso' && isRelease(behaviour, node)
  if (isReadModifyWrite(code)) return isOrdered(behaviour, node, model, ACQUIRE)
  if (code === PARK || code === UNPARK || code === PAUSE || code === UNTIL_EQUAL || code === UNTIL_CLEAR) return true
  return code === BARRIER && (model === 'tso' || behaviour.a.at[node] !== WMB)
}

function isOrdered({ order }: Behaviour, node: number, model: MemoryModel, by: Order): boolean {
  return model === 'tso' || order.at[node] === FULL || order.at[node] === by
}

/**
 * cmpxchg() is fully ordered if it succeeds; a failing one is a load without order. For locks, which acquire, values
 * read too early are not explored: they would only cause another iteration.
 */
export const mayFindOlder = ({ kind, order }: Behaviour, node: number, model: MemoryModel): boolean =>
  kind.at[node] === CAS && order.at[node] === FULL && model === 'relaxed'

/** A load that may be satisfied early: by the hardware, or by a compiler that kept an earlier value. */
export const isEarly = (behaviour: Behaviour, node: number, model: MemoryModel): boolean =>
  behaviour.kind.at[node] === READ ||
  (behaviour.kind.at[node] === LOAD && model === 'relaxed') ||
  mayFindOlder(behaviour, node, model)
