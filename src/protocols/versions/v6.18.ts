import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { freeRange, rangeOf } from '../stage2/destroy.ts'
import type { Stage2Vm } from '../vm.ts'

// Functions of v6.18 that v7.1 no longer has.

/** `kvm_pgtable_stage2_destroy()`, arch/arm64/kvm/hyp/pgtable.c, to v6.18: all of it in one walk, however much that is. */
export function* stage2Destroy(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  const { start, end } = rangeOf(vm)
  yield* freeRange(cpu, vm, start, end)
}
