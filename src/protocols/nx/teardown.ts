import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import { childOf, FROZEN_SPTE, isFrozen, isShadowPresent, isTable } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import type { Vm } from '../vm.ts'
import { markUnlinked } from './oracles.ts'
import { untrack } from './track.ts'

/**
 * `handle_removed_pt()`, arch/x86/kvm/mmu/tdp_mmu.c, since v5.18: takes a page table apart that was unlinked a moment ago, and what hangs
 * below it. `isReachable`: vCPUs may have cached parts of it, so the caller owes a flush.
 */
export function* handleRemovedPt(cpu: Cpu, vm: Vm, table: number, isReachable: boolean): Steps<void> {
  yield* takeApart(cpu, vm, table, isReachable)
  yield* vm.kvm.tdpMmuFreeSp(cpu, vm, table)
}

/** `tdp_mmu_free_sp_rcu_callback()`, arch/x86/kvm/mmu/tdp_mmu.c: call_rcu() of a page table that was unlinked. */
export function* tdpMmuFreeSp(cpu: Cpu, vm: Vm, table: number): Steps<void> {
  yield* vm.nx!.rcu.call(cpu, table)
}

/**
 * Removes the table from its list and makes every entry FROZEN: other CPUs may still be in the table, under RCU, so they
 * find nothing and change nothing.
 */
export function* takeApart(cpu: Cpu, vm: Vm, table: number, isReachable: boolean): Steps<void> {
  const nx = vm.nx!
  yield* untrack(cpu, nx, table)
  if (isReachable) markUnlinked(cpu, vm, nx, table)
  const level = yield* cpu.read(nx.pages.level(table))
  const first = vm.tables.entriesOf(table)
  let leafs = 0
  for (let entry = 0; entry < nx.entriesAt(level); entry += 1) {
    const old = yield* freeze(cpu, wordAt(first, entry))
    if (isTable(old, level)) yield* vm.kvm.handleRemovedPt(cpu, vm, childOf(old), isReachable)
    else if (isShadowPresent(old)) leafs += 1
  }
  // handle_changed_spte() of each: a leaf that goes with its table gives back its page as one that is zapped does.
  if (leafs > 0) cpu.count(COUNTER.leafs_zapped, leafs)
  yield* cpu.work(WORK_KIND.zap_spte, leafs)
}

/** A CPU that finds the entry FROZEN waits: the CPU that froze it is about to write its decision. */
function* freeze(cpu: Cpu, sptep: Word): Steps<number> {
  for (;;) {
    const old = yield* cpu.xchg(sptep, FROZEN_SPTE)
    if (!isFrozen(old)) return old
    yield* cpu.pause()
  }
}
