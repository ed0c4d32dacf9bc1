import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { assertNoPairsLeft } from '../memslots/oracles.ts'
import { deleteMemslot } from '../memslots/update-memslot.ts'
import type { Vm } from '../vm.ts'

/**
 * The count of pairs is left as it is when a VM is destroyed.
 *
 *   notifier                               kvm_destroy_vm()
 *   --------                               ----------------
 *   start: count = 1
 *                                          unregisters the notifier
 *   end: no callback is called
 *                                          deletes its private memslot: waits for count = 0, forever
 */
export const B_TEARDOWN = variant({
  name: 'B-TEARDOWN',
  subject: 'elision',
  on: V6_18,
  kind: 'broken',
  reference: 's3.teardown left out',
  says: 'a VM that is destroyed between start and end leaves its pair counted, and waits for it',
  caughtBy: ['count_leak', 'stall'],
  load: { shape: 'teardown' },
  replaces: { destroyVm: leaveCount },
})

function* leaveCount(cpu: Cpu, vm: Vm, privateSlot: number): Steps<void> {
  const { registered, srcu } = vm.updates!.lifetime!
  // mmu_notifier_unregister(): no callback begins any more, and those that have begun end.
  yield* cpu.store(registered, 0)
  yield* srcu.synchronize(cpu)
  assertNoPairsLeft(cpu, vm)
  yield* deleteMemslot(cpu, vm, privateSlot)
}
