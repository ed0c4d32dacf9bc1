import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Fault } from '../page-fault.ts'
import { isPageFaultStale } from '../retry.ts'
import type { Vm } from '../vm.ts'

/**
 * is_page_fault_stale() takes the snapshot of the sequence as an int: after 2^31 invalidations it is negative, and equal to no unsigned long.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          end: seq = 2^31
 *   F5 snapshot 2^31, as an int -2^31
 *   F11 2^31 is not -2^31: retries, forever
 */
export const B_INT = variant({
  name: 'B-INT',
  subject: 'precheck',
  on: V6_18,
  kind: 'broken',
  reference: 'to v6.2, before ba6e3fe25543; in stable 6.1 before 82d811ff5665 (Sean Christopherson, Aug 2023)',
  says: 'the snapshot of mmu_invalidate_seq is compared as an int: faults retry forever after 2^31 invalidations',
  caughtBy: ['retry_unbounded'],
  load: { shape: 'stream', 'seq-start': '2147483640' },
  replaces: { isPageFaultStale: staleByInt },
})

function* staleByInt(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  const stale = yield* isPageFaultStale(cpu, vm, fault)
  if (stale) return true
  const seqNow = yield* cpu.read(vm.invalidateSeq)
  // The word is the low half of an unsigned long whose high half is 0; the int is extended by its sign.
  return seqNow >>> 0 !== (fault.seq | 0)
}
