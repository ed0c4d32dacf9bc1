import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertCounted } from '../assertions.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import type { Vm } from '../vm.ts'

/**
 * The smp_wmb() is missing: the source says E2, E4, and what another CPU sees may be E4, E2, as with B-ORDER. Only where
 * stores may pass each other: no x86 does that, and neither do JavaScript's Atomics.
 */
export const B_ORDER_WMB = variant({
  name: 'B-ORDER-wmb',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0, smp_wmb() missing',
  says: 'the sequence and the count may be seen in either order',
  caughtBy: [],
  unseenBecause: 'only a memory model that reorders shows it',
  isCheckedOnly: true,
  replaces: { invalidateEnd: invalidateEndUnordered },
})

function* invalidateEndUnordered(cpu: Cpu, vm: Vm): Steps<void> {
  const seq = yield* cpu.read(vm.invalidateSeq)
  yield* cpu.store(vm.invalidateSeq, (seq + 1) | 0)
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  yield* cpu.store(vm.invalidateInProgress, inProgress - 1)
  assertCounted(cpu, vm, inProgress)
}
