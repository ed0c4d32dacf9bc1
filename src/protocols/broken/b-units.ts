import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { invalidateRangeAdd } from '../invalidate.ts'
import type { Fault } from '../page-fault.ts'
import { invalidateRetryGfn } from '../retry.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * s0.v2 on 6.7, where the range of the invalidation is still kept in hvas: the exact check compares hvas, the pre-check a
 * gfn. Nothing is unsafe, but the pre-check says "go on" to nearly every fault that must retry, and the hang is back.
 */
export const B_UNITS: Rules = { ...PRECHECK, invalidateRangeAdd: rangeAddHva, isPageFaultStale: isStaleByHva }

function* rangeAddHva(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  const slot = yield* vm.memslots.find(cpu, start)
  const hva = yield* vm.memslots.hva(cpu, slot, start)
  yield* invalidateRangeAdd(cpu, vm, hva as number as Gfn, (hva + (end - start)) as Gfn)
}

function* isStaleByHva(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  const hva = yield* vm.memslots.hva(cpu, fault.slot, fault.gfn)
  return yield* invalidateRetryGfn(cpu, vm, fault.seq, hva as number as Gfn)
}
