import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, RELAXED } from '../../shared-memory/cpu.ts'
import { ACCESSED, isPresentLeaf, LEVEL_4K } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertNotLost } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Memslot } from '../memslots/memslot.ts'
import { NO_PAGE } from '../nx/mmu-pages.ts'
import type { Vm } from '../vm.ts'

/**
 * Without the lock, entries are still written as under it: the old value without the bit. That undoes a zap in between.
 *
 *   task that ages                         notifier
 *   --------------                         --------
 *   reads the SPTE
 *                                          S7 zaps it, S8 flushes
 *                                          changes the PTE, frees the page
 *   writes the SPTE back
 */
export const B_AGESTORE = variant({
  name: 'B-AGESTORE',
  subject: 'aging',
  on: V6_18,
  kind: 'broken',
  reference: 'our own: b146a9b34aed with the plain store of v5.17',
  says: 'without mmu_lock, and each SPTE is stored as it was read, less the Accessed bit',
  caughtBy: ['spte_overwritten', 'skipped_leaf', 'stale_use', 'leaf_pfn_changed'],
  load: { range: '1', reclaim: '1', populate: 'yes', 'pause-us': '10', 'age-pause-us': '0' },
  replaces: { ageGfn: storeAllAged },
})

function* storeAllAged(cpu: Cpu, vm: Vm, _slot: Memslot, start: Gfn, end: Gfn): Steps<boolean> {
  const iter = vm.local[cpu.id]!.iter
  let young = false
  yield* vm.pages.rcuReadLock(cpu)
  for (let root = 0; root < vm.pages.roots.slots; root += 1) {
    const table = yield* vm.pages.roots.validTableOf(cpu, root)
    if (table === NO_PAGE) continue
    yield* iter.start(cpu, LEVEL_4K, start, table)
    for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
      if (!isPresentLeaf(iter.oldSpte, iter.level)) continue
      young = young || (iter.oldSpte & ACCESSED) !== 0
      const was = yield* cpu.xchg(iter.sptep, iter.oldSpte & ~ACCESSED, RELAXED)
      assertNotLost(cpu, vm, iter.gfn, iter.oldSpte, was)
      cpu.count(COUNTER.sptes_aged, 1)
    }
  }
  yield* vm.pages.rcuReadUnlock(cpu)
  return young
}
