import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { TDP } from '../nx/mmu-pages.ts'
import { BUSY } from '../variants/busy.ts'
import type { Vm } from '../vm.ts'

/**
 * A fault puts the page that it linked on the list without looking whether it is still wanted there. Under mmu_lock for read
 * another CPU may have torn it down meanwhile, with the page table above it.
 *
 *   vCPU                                   worker
 *   ----                                   ------
 *   F12 links page 1 below page 2
 *                                          N5 takes page 2, zaps it and all below: page 1 is not on the list,
 *                                          its flag is cleared
 *   puts page 1 on the list
 *                                          RCU frees page 1; it stays on the list
 */
export const B_NOTRACKCHK = variant({
  name: 'B-NOTRACKCHK',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1, no look at nx_huge_page_disallowed',
  says: 'a fault puts a page on the list although it was torn down meanwhile',
  caughtBy: ['nx_list_corrupt'],
  load: { ...BUSY, huge: '1G', 'memory-mib': '1024' },
  replaces: { trackPossibleNxHugePage: trackUnasked },
})

/** The worker must come to this page meanwhile, on its way through the 512 entries of the page table above. */
const SWITCHES = 64

function* trackUnasked(cpu: Cpu, vm: Vm, table: number): Steps<void> {
  const nx = vm.nx!
  // An interrupt comes in the window, which is a few instructions otherwise, too few for threads to meet. (mmu_lock is held: no preemption.)
  yield* cpu.work(WORK_KIND.context_switch, SWITCHES)
  yield* nx.pagesLock.acquire(cpu)
  yield* nx.lists[TDP].add(cpu, table)
  cpu.count(COUNTER.nx_lpage_splits, 1)
  yield* nx.pagesLock.release(cpu)
}
