import { variant } from '../kernel.ts'
import { V6_5, V6_8 } from '../kernels.ts'

/**
 * s0.v2 on 6.7, where the range of the invalidation is still kept in hvas: the exact check compares hvas, the pre-check
 * a gfn. Nothing is unsafe, but the pre-check lets nearly every fault continue that must retry, so the hang remains.
 */
export const B_UNITS = variant({
  name: 'B-UNITS',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0.v2 on v6.7',
  says: 'the pre-check compares a gfn with a range of hvas',
  caughtBy: ['precheck_never_fires'],
  load: { shape: 'boot' },
  replaces: { invalidateRangeStart: V6_5.kvm.invalidateRangeStart, isPageFaultStale: V6_5.kvm.isPageFaultStale },
})
