import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, MB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { OUTSIDE_GUEST_MODE, READING_SHADOW_PAGE_TABLES } from '../vcpu.ts'
import type { Vm } from '../vm.ts'
import { SHADOW } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import { markRead } from './oracles.ts'

/** `walk_shadow_page_lockless_begin()`: the TDP MMU's tables are kept by RCU, the shadow MMU's by holding flushes off. */
export function* lockFreeWalkBegin(cpu: Cpu, vm: Vm, nx: Nx, gfn: Gfn): Steps<void> {
  if (nx.mmuOf(gfn) !== SHADOW) return yield* nx.rcu.readLock(cpu)
  yield* cpu.store(vm.vcpus[cpu.id]!.mode, READING_SHADOW_PAGE_TABLES)
  // The mode is seen before a table is looked at. Pairs with the barrier in makeAllCpusRequest().
  yield* cpu.barrier(MB)
}

/** `walk_shadow_page_lockless_end()`. */
export function* lockFreeWalkEnd(cpu: Cpu, vm: Vm, nx: Nx, gfn: Gfn): Steps<void> {
  markRead(cpu, nx)
  if (nx.mmuOf(gfn) !== SHADOW) return yield* nx.rcu.readUnlock(cpu)
  // The walk is over before it is seen to be. Pairs with the wait in makeAllCpusRequest().
  yield* cpu.storeRelease(vm.vcpus[cpu.id]!.mode, OUTSIDE_GUEST_MODE)
}
