import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { ORACLE } from '../oracles.ts'
import type { Vm } from '../vm.ts'

/** KVM_SET_MEMORY_ATTRIBUTES is over, with slots_lock held or no other task that changes attributes: the gfns have the attribute. */
export function assertAttributes(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, attribute: number): void {
  if (!vm.config.oracles) return
  for (let gfn = start; gfn < end; gfn = (gfn + 1) as Gfn) {
    if (cpu.peek(vm.attributes!.attr(gfn)) === attribute) continue
    cpu.violation(ORACLE.attribute_lost, gfn)
    return
  }
}
