import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import { childOf, FROZEN_SPTE, isFrozen, isShadowPresent, isTable } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import type { Vm } from '../vm.ts'
import type { Nx } from './nx.ts'
import { markUnlinked } from './oracles.ts'
import { untrack } from './track.ts'

/**
 * `handle_removed_pt()`: takes a page table apart that was unlinked a moment ago, and what hangs below it. Other CPUs may still
 * stand in it, under RCU: each entry is left FROZEN, so that they find nothing and change nothing. `isReachable`: vCPUs may
 * have cached parts of it, so the caller owes a flush.
 */
export function* teardown(cpu: Cpu, vm: Vm, nx: Nx, table: number, isReachable: boolean): Steps<void> {
  yield* untrack(cpu, nx, table)
  if (isReachable) markUnlinked(cpu, vm, nx, table)
  const level = yield* cpu.read(nx.pages.level(table))
  const first = vm.tables.entriesOf(table)
  let present = 0
  for (let entry = 0; entry < nx.entriesAt(level); entry += 1) {
    const old = yield* freeze(cpu, wordAt(first, entry))
    if (isShadowPresent(old)) present += 1
    if (isTable(old, level)) yield* teardown(cpu, vm, nx, childOf(old), isReachable)
  }
  yield* cpu.work(WORK_KIND.remove_spte, present)
  if (vm.kvm.nx.flushesAtTeardown && isReachable) {
    yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_teardown)
  }
  yield* vm.kvm.nx.freeTable(cpu, nx, table)
}

/** Whoever finds the entry FROZEN by another waits: that one is about to write what it decided on. */
function* freeze(cpu: Cpu, sptep: Word): Steps<number> {
  for (;;) {
    const old = yield* cpu.xchg(sptep, FROZEN_SPTE)
    if (!isFrozen(old)) return old
    yield* cpu.pause()
  }
}
