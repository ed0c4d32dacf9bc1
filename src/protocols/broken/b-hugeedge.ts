import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { archPreSetMemoryAttributes } from '../versions/v6.12.ts'

/**
 * Linux up to v6.14: faults retry in the range, but not in the rest of a huge page that it covers in part.
 *
 *   VMM                                    vCPU
 *   ---                                    ----
 *   holds the range off, unmaps it
 *                                          faults on another gfn of the huge page: its attributes
 *                                          are not mixed yet, so all of it is mapped, shared
 *   the range is private now; mixed
 *                                          uses shared memory behind a private gfn
 */
export const B_HUGEEDGE = variant({
  name: 'B-HUGEEDGE',
  subject: 'attributes',
  on: V6_18,
  kind: 'broken',
  reference: 'v6.8 to v6.14, before 9129633d568e, 20250430220954.522672-1-seanjc@google.com',
  says: 'huge pages at the edges of the range can be mapped whole while attributes change',
  caughtBy: ['wrong_attribute'],
  load: { 'convert-pages': '300', 'convert-pause-us': '0', range: '512', tlb: '1' },
  replaces: { archPreSetMemoryAttributes },
})
