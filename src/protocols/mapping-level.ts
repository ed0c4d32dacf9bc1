import { LEVEL_4K, makeLeaf, pagesPerLevel } from '../shared-memory/page-tables/spte.ts'
import { pfnOfPte } from './host-mm.ts'
import { leafAccess } from './nx/link.ts'
import type { Fault } from './page-fault.ts'
import type { Vm } from './vm.ts'

/** How large a mapping could be: as large as the host's, if gfn and host memory lie alike. */
export function largestLevel(vm: Vm, fault: Fault): number {
  const level = vm.host.mappingLevel(fault.hostPage)
  const isAligned = (fault.gfn - fault.hostPage) % pagesPerLevel(level) === 0
  return isAligned ? level : LEVEL_4K
}

/**
 * How large it is to be: a guest that executes gets small pages, if huge ones must not be executable; and so does one whose writes are
 * logged, or whose memory is private or in part (`kvm_mmu_hugepage_adjust()`).
 */
export const goalLevel = (vm: Vm, fault: Fault): number =>
  fault.isDirtyTracked || fault.isPrivate || fault.isMixed || (vm.pages.splitsForExec && fault.exec)
    ? LEVEL_4K
    : largestLevel(vm, fault)

/** The leaf that maps the fault's page, or the part of its huge page that an entry of this level covers. */
export function leafFor(vm: Vm, fault: Fault, level: number): number {
  const first = fault.hostPage - (fault.hostPage % pagesPerLevel(level))
  const pfn = level === LEVEL_4K ? fault.pfn : pfnOfPte(first, fault.hostPte)
  return makeLeaf(pfn, level, leafAccess(vm, level))
}
