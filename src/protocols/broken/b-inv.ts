import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { NO_MEMSLOT } from '../memslots/memslots.ts'
import type { Fault } from '../page-fault.ts'
import { precheck } from '../retry.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * s0.v4: the first pre-check tests for "no slot" where it means "slot", so it never fires for memory that there is. Nothing
 * is unsafe; what is lost is the pfn lookup that it was to save.
 */
export const B_INV: Rules = { ...PRECHECK, precheckBeforePfn: precheckWithoutSlot }

function* precheckWithoutSlot(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  if (fault.slot !== NO_MEMSLOT) return false
  return yield* precheck(cpu, vm, fault)
}
