import { type Cpu, WMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertCounted } from '../assertions.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import type { Vm } from '../vm.ts'

/**
 * The end of one invalidation clears the range, although another is still in progress.
 *
 *   vCPU                     notifier 1                notifier 2
 *   ----                     ----------                ----------
 *                            S of [0,10)
 *                                                      S of [20,30): range [0,30)
 *                            E: range cleared
 *   F11 of 25 passes
 *   F12 installs
 *                                                      changes the PTE of 25
 */
export const B_HALF = variant({
  name: 'B-HALF',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0, range cleared at the first end',
  says: 'the end of one invalidation clears the range of another',
  caughtBy: ['install_in_progress', 'stale_install', 'stale_use'],
  load: { shape: 'stream', notifiers: '2' },
  replaces: { invalidateEnd: endAndClearRange },
})

function* endAndClearRange(cpu: Cpu, vm: Vm): Steps<void> {
  const seq = yield* cpu.read(vm.invalidateSeq)
  yield* cpu.store(vm.invalidateSeq, (seq + 1) | 0)
  yield* cpu.barrier(WMB)
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  yield* cpu.store(vm.invalidateInProgress, inProgress - 1)
  yield* cpu.write(vm.invalidateRangeStart, 0)
  yield* cpu.write(vm.invalidateRangeEnd, 0)
  assertCounted(cpu, vm, inProgress)
}
