import { MB, RMB } from '../../shared-memory/cpu.ts'
import type { Behaviour } from '../behaviour.ts'
import {
  BARRIER,
  isReadModifyWrite,
  LOAD,
  PARK,
  PAUSE,
  READ,
  STORE,
  UNPARK,
  UNTIL_CLEAR,
  UNTIL_EQUAL,
} from '../instructions.ts'
import type { MemoryModel } from './model.ts'

// How the instructions order accesses, by node of a behaviour. Read-modify-writes are taken as fully ordered, as the kernel's
// that return a value; `park` and `unpark` too. Waits acquire.

/** `smp_load_acquire()`, `rcu_dereference()`. */
export const isAcquire = ({ kind, a }: Behaviour, node: number): boolean => kind.at[node] === LOAD && a.at[node] === 1

/** `smp_store_release()`, `rcu_assign_pointer()`. */
export const isRelease = ({ kind, b }: Behaviour, node: number): boolean => kind.at[node] === STORE && b.at[node] === 1

/** The CPU's own stores must be seen by all before this. */
export function drains({ kind, a }: Behaviour, node: number): boolean {
  const code = kind.at[node]!
  return isReadModifyWrite(code) || code === PARK || code === UNPARK || (code === BARRIER && a.at[node] === MB)
}

/**
 * No load that comes later may have been satisfied before this. Under tso only the compiler moves loads, and only plain ones:
 * every barrier is one for it too, and so is an access that acquires or releases.
 */
export function endsWindow(behaviour: Behaviour, node: number, model: MemoryModel): boolean {
  const code = behaviour.kind.at[node]!
  if (drains(behaviour, node) || code === PAUSE || code === UNTIL_EQUAL || code === UNTIL_CLEAR) return true
  if (code === BARRIER) return model === 'tso' || behaviour.a.at[node] === RMB
  return model === 'tso' && isRelease(behaviour, node)
}

/** A load that may be satisfied before its turn: by the hardware, or by a compiler that kept what it had loaded before. */
export const isEarly = ({ kind }: Behaviour, node: number, model: MemoryModel): boolean =>
  kind.at[node] === READ || (kind.at[node] === LOAD && model === 'relaxed')
