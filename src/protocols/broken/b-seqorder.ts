import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Vm } from '../vm.ts'

/**
 * The sequence is compared by order: has it grown since the snapshot? When it wraps it has not. Where an unsigned long has 32 bits that is after
 * 2^32 invalidations.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   F5 snapshot 2^32 - 1, F8 old pfn
 *                                          start, changes the PTE, frees the page
 *                                          end: seq = 0
 *   F11 0 is not above 2^32 - 1: installs the freed page
 */
export const B_SEQORDER = variant({
  name: 'B-SEQORDER',
  subject: 'precheck',
  on: V6_18,
  kind: 'broken',
  reference: 'our own: mmu_invalidate_retry_gfn() with > for !=, on a 32-bit host',
  says: 'a fault retries if the sequence is above its snapshot, instead of other than it',
  caughtBy: [],
  unseenBecause:
    'the sequence wraps once in a trial, and only a fault that has looked its page up just before is deceived',
  load: { shape: 'stream', 'seq-start': '4294967295' },
  replaces: { invalidateRetryGfn: retryIfAbove, invalidateRetryGfnUnsafe: retryIfAbove },
})

function* retryIfAbove(cpu: Cpu, vm: Vm, seq: number, gfn: Gfn): Steps<boolean> {
  const inProgress = yield* cpu.load(vm.invalidateInProgress)
  if (inProgress !== 0) {
    const start = yield* cpu.read(vm.invalidateRangeStart)
    const end = yield* cpu.read(vm.invalidateRangeEnd)
    if (gfn >= start >>> 0 && gfn < end >>> 0) return true
  }
  const seqNow = yield* cpu.load(vm.invalidateSeq)
  return seqNow >>> 0 > seq >>> 0
}
