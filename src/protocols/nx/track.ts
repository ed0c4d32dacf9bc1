import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import type { Vm } from '../vm.ts'
import { SHADOW, TDP } from './mmu-pages.ts'
import type { Nx } from './nx.ts'

// The membership of the lists of possible NX huge pages. The TDP MMU's list changes under tdp_mmu_pages_lock, because
// faults and, since 6.18, the worker hold mmu_lock for read only; the shadow MMU's changes under mmu_lock for write.

/**
 * F12, after the page was linked: `track_possible_nx_huge_page()`, arch/x86/kvm/mmu/tdp_mmu.c. Another CPU may have torn it down already,
 * and then its flag is clear.
 */
export function* trackPossibleNxHugePage(cpu: Cpu, vm: Vm, table: number): Steps<void> {
  const nx = vm.nx!
  yield* nx.pagesLock.acquire(cpu)
  const still = yield* cpu.read(nx.pages.disallowed(table))
  if (still !== 0) {
    yield* nx.lists[TDP].add(cpu, table)
    cpu.count(COUNTER.nx_lpage_splits, 1)
  }
  yield* nx.pagesLock.release(cpu)
}

export function* trackShadow(cpu: Cpu, nx: Nx, table: number): Steps<void> {
  yield* nx.lists[SHADOW].add(cpu, table)
  cpu.count(COUNTER.nx_lpage_splits, 1)
}

/** `tdp_mmu_unlink_sp()`: the page is going away. */
export function* untrack(cpu: Cpu, nx: Nx, table: number): Steps<void> {
  const disallowed = yield* cpu.read(nx.pages.disallowed(table))
  if (disallowed === 0) return
  yield* nx.pagesLock.acquire(cpu)
  const still = yield* cpu.read(nx.pages.disallowed(table))
  if (still !== 0) yield* unaccount(cpu, nx, table)
  yield* nx.pagesLock.release(cpu)
}

/** N6: `unaccount_nx_huge_page()`: off the list, and from here on a huge page may take its place. */
export function* unaccount(cpu: Cpu, nx: Nx, table: number): Steps<void> {
  const mmu = yield* cpu.read(nx.pages.mmu(table))
  yield* nx.lists[mmu === SHADOW ? SHADOW : TDP].remove(cpu, table)
  yield* cpu.store(nx.pages.disallowed(table), 0)
}
