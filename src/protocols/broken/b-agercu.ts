import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { ageRoot } from '../aging.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Memslot } from '../memslots/memslot.ts'
import { NO_PAGE } from '../nx/mmu-pages.ts'
import type { Vm } from '../vm.ts'

/**
 * Neither mmu_lock nor RCU: the table of the walk may be freed and reused by another root.
 *
 *   task that ages                         NX recovery
 *   --------------                         -----------
 *   is in a page table
 *                                          unlinks it, flushes, frees it
 *   continues in it
 */
export const B_AGERCU = variant({
  name: 'B-AGERCU',
  subject: 'aging',
  on: V6_18,
  kind: 'broken',
  reference: 'our own: b146a9b34aed without rcu_read_lock(), 20250204004038.1680123-5-jthoughton@google.com',
  says: 'walks the page tables under neither mmu_lock nor RCU',
  caughtBy: ['suspicious_rcu_usage'],
  load: { 'age-pause-us': '0' },
  replaces: { ageGfn: ageOutsideRcu },
})

function* ageOutsideRcu(cpu: Cpu, vm: Vm, _slot: Memslot, start: Gfn, end: Gfn): Steps<boolean> {
  let young = false
  for (let root = 0; root < vm.pages.roots.slots; root += 1) {
    const table = yield* vm.pages.roots.validTableOf(cpu, root)
    if (table === NO_PAGE) continue
    const used = yield* ageRoot(cpu, vm, table, start, end, false)
    young = young || used
  }
  return young
}
