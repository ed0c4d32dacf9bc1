import { gfnAdd } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { recoverHugePagesRange } from '../dirty-log/recover.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Memslot } from '../memslots/memslot.ts'
import { NO_ROOT } from '../nx/roots.ts'
import type { Vm } from '../vm.ts'

/**
 * One flush for all, and it comes after RCU and mmu_lock were left.
 *
 *   VMM                                    vCPU
 *   ---                                    ----
 *                                          has cached where the page table lies
 *   puts a huge page in its place, leaves RCU
 *   (a grace period: the table is used for something else)
 *                                          walks through the table
 *   flushes
 */
export const B_STOPFLUSH = variant({
  name: 'B-STOPFLUSH',
  subject: 'dirty-log',
  on: V6_18,
  kind: 'broken',
  reference: 'our own: 35ef80eb29ab (David Matlack, Aug 2024), its flush after RCU',
  says: 'the single flush for all recovered huge pages comes after RCU and mmu_lock are released',
  caughtBy: ['unlock_with_pending_flush', 'free_before_flush', 'flush_lost', 'stale_walk'],
  load: { 'memory-mib': '8', 'hot-pages': '64', 'log-pause-us': '0' },
  replaces: { mmuRecoverHugePages: flushAfterwards },
})

function* flushAfterwards(cpu: Cpu, vm: Vm, slot: Memslot): Steps<void> {
  const start = yield* vm.memslots.baseGfn(cpu, slot)
  const pages = yield* vm.memslots.pages(cpu, slot)
  let flush = false
  yield* vm.mmuLock.readLock(cpu)
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, true)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    const here = yield* recoverHugePagesRange(cpu, vm, table, start, gfnAdd(start, pages))
    flush = flush || here
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, true)
  }
  yield* vm.mmuLock.readUnlock(cpu)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_stop)
}
