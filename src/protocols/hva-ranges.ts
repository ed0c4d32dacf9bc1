import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { invalidateRangeAdd } from './notifier.ts'
import type { Fault } from './page-fault.ts'
import type { Vm } from './vm.ts'

// Up to 6.7 the range of the invalidation in progress was one of hvas, and a fault was compared by its hva.

/** S6. */
export function* rangeAddHva(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  const slot = yield* vm.memslots.find(cpu, start)
  const hva = yield* vm.memslots.hva(cpu, slot, start)
  yield* invalidateRangeAdd(cpu, vm, hva as number as Gfn, (hva + (end - start)) as Gfn)
}

/** F11. */
export function* isStaleByHva(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  const hva = yield* vm.memslots.hva(cpu, fault.slot, fault.gfn)
  return yield* vm.kvm.invalidateRetryGfn(cpu, vm, fault.seq, hva as number as Gfn)
}
