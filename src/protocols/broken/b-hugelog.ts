import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { writeProtectPtMasked } from '../dirty-log/protect.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Vm } from '../vm.ts'

/**
 * A log that begins with all pages dirty protects nothing as it begins, so a huge page has to be protected as pages of it are cleared.
 *
 *   VMM                                    vCPU
 *   ---                                    ----
 *   begins to log: all pages are dirty
 *   has a page cleared, and copies it
 *                                          writes to it through the huge entry, which still allows that
 *   asks again: the page is not in the log
 */
export const B_HUGELOG = variant({
  name: 'B-HUGELOG',
  subject: 'dirty-log',
  on: V6_18,
  kind: 'broken',
  reference:
    'our own: 8921291980db (Keqian Zhu, 20210429034115.35560-3-zhukeqian1@huawei.com) without its half in kvm_arch_mmu_enable_log_dirty_pt_masked()',
  says: 'huge pages keep write permission when their pages are cleared in a log that began with all pages dirty',
  caughtBy: ['dirty_lost'],
  load: { 'log-initially': 'set', 'memory-mib': '2', 'hot-pages': '512', 'log-pause-us': '0', 'log-rounds': '50' },
  replaces: { archMmuEnableLogDirtyPtMasked: protectSmallAlone },
})

function* protectSmallAlone(cpu: Cpu, vm: Vm, page: number, mask: number): Steps<void> {
  yield* writeProtectPtMasked(cpu, vm, page, mask, true)
}
