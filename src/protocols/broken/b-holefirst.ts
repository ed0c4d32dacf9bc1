import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { gmemInvalidateBegin, gmemInvalidateEnd } from '../attributes/punch-hole.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Vm } from '../vm.ts'

/**
 * The hole first: no notifier tells of the pages of guest_memfd, so they are another's before KVM has unmapped them.
 *
 *   VMM                                    vCPU
 *   ---                                    ----
 *   punches a hole: the page is given back
 *                                          writes to it, by its TLB or the SPTE
 *   unmaps it
 */
export const B_HOLEFIRST = variant({
  name: 'B-HOLEFIRST',
  subject: 'attributes',
  on: V6_18,
  kind: 'broken',
  reference:
    'our own: a7800aa80ea4 (20231027182217.3615211-17-seanjc@google.com), truncate_inode_pages_range() before kvm_gmem_invalidate_begin()',
  says: 'pages of guest_memfd are given back before KVM has unmapped them',
  caughtBy: [],
  unseenBecause:
    'the VMM of the load makes memory shared again before it punches the hole, and that has unmapped it already',
  replaces: { gmemPunchHole: holeFirst },
})

function* holeFirst(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  yield* vm.host.migrate(cpu, vm.attributes!.gmemPage(start), end - start)
  yield* gmemInvalidateBegin(cpu, vm, start, end)
  cpu.count(COUNTER.gmem_pages_punched, end - start)
  yield* gmemInvalidateEnd(cpu, vm)
}
