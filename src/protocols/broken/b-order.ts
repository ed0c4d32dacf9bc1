import { type Cpu, WMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertCounted } from '../assertions.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import type { Vm } from '../vm.ts'

/**
 * The count is lowered before the sequence is raised. A reader without mmu_lock can see neither.
 *
 *   lockless user                          notifier
 *   -------------                          --------
 *   seq, then the old pfn
 *                                          S1 .. S9, changes the PTE, frees the page
 *                                          E4 in_progress = 0
 *   in_progress 0, seq as before: accepts
 *   the freed page
 *                                          E2 seq += 1
 *
 * With mmu_lock held no CPU sees the two apart, so the fault path of this system is not affected.
 */
export const B_ORDER = variant({
  name: 'B-ORDER',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0, E4 before E2',
  says: 'the count is lowered before the sequence is raised',
  caughtBy: [],
  unseenBecause:
    'both words change under mmu_lock and every fault here reads them under it; only a lockless user sees the two apart, and only a store buffer shows the missing barrier',
  load: { shape: 'stream' },
  replaces: { invalidateEnd: invalidateEndReversed },
})

function* invalidateEndReversed(cpu: Cpu, vm: Vm): Steps<void> {
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  yield* cpu.store(vm.invalidateInProgress, inProgress - 1)
  yield* cpu.barrier(WMB)
  const seq = yield* cpu.read(vm.invalidateSeq)
  yield* cpu.store(vm.invalidateSeq, (seq + 1) | 0)
  assertCounted(cpu, vm, inProgress)
}
