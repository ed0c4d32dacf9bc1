import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Vm } from '../vm.ts'

/** `srcu_read_lock(&kvm->srcu)`, where the memslots may change. */
export function* enterMemslots(cpu: Cpu, vm: Vm): Steps<void> {
  if (vm.updates !== undefined) vm.local[cpu.id]!.srcuIdx = yield* vm.updates.srcu.readLock(cpu)
}

export function* leaveMemslots(cpu: Cpu, vm: Vm): Steps<void> {
  if (vm.updates !== undefined) yield* vm.updates.srcu.readUnlock(cpu, vm.local[cpu.id]!.srcuIdx)
}
