import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Vm } from '../vm.ts'
import { assertNoPairsLeft } from './oracles.ts'
import { createMemslot, deleteMemslot } from './update-memslot.ts'

// A VM without vCPUs, which comes and goes while tasks of its mm invalidate. It has a memslot of KVM's own, as x86 does.

/** `kvm_create_vm()`, which ends with `mmu_notifier_register()`: with all locks of the mm held, so no pair is under way. */
export function* createVm(cpu: Cpu, vm: Vm, privateSlot: number): Steps<void> {
  const { mmapLock, registered } = vm.updates!.lifetime!
  yield* createMemslot(cpu, vm, privateSlot)
  yield* mmapLock.writeLock(cpu)
  // The words of the VM that was destroyed are those of this one: pairs that lost their end had raised it.
  yield* cpu.store(vm.invalidateInProgress, 0)
  // From here on the core calls back. Pairs with the load in enterSubscriptions().
  yield* cpu.store(registered, 1)
  yield* mmapLock.writeUnlock(cpu)
}

/** `kvm_destroy_vm()`, virt/kvm/kvm_main.c, since v5.15: pairs that have begun lose their end, so the count must be corrected explicitly. */
export function* destroyVm(cpu: Cpu, vm: Vm, privateSlot: number): Steps<void> {
  const { registered, srcu } = vm.updates!.lifetime!
  // mmu_notifier_unregister(): no callback begins any more, and those that have begun end.
  yield* cpu.store(registered, 0)
  yield* srcu.synchronize(cpu)
  // No notifier counts any more, and no updater waits.
  yield* cpu.store(vm.mnActiveInvalidateCount, 0)
  assertNoPairsLeft(cpu, vm)
  // kvm_arch_destroy_vm(): waits for pairs, as every update does.
  yield* deleteMemslot(cpu, vm, privateSlot)
}
