import type { Hva } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { invalidateRangeEnd, invalidateRangeStart } from './notifier.ts'
import { SITE } from './sites.ts'
import type { Vm } from './vm.ts'

// mm/mmu_notifier.c: the core, which calls KVM back. It tells lockdep that it holds mmu_notifier_invalidate_range_start
// meanwhile; that is no lock, but stands for those that the mm may hold.

/** `__mmu_notifier_invalidate_range_start()` */
export function* raiseStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable = true): Steps<void> {
  vm.lockdep?.at(cpu, SITE.__mmu_notifier_invalidate_range_start)
  if (vm.updates !== undefined) yield* vm.updates.pseudoLock.acquire(cpu)
  yield* invalidateRangeStart(cpu, vm, start, end, isBlockable)
  if (vm.updates !== undefined) yield* vm.updates.pseudoLock.release(cpu)
}

/** `__mmu_notifier_invalidate_range_end()` */
export function* raiseEnd(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable = true): Steps<void> {
  vm.lockdep?.at(cpu, SITE.__mmu_notifier_invalidate_range_end)
  if (vm.updates !== undefined) yield* vm.updates.pseudoLock.acquire(cpu)
  yield* invalidateRangeEnd(cpu, vm, start, end, isBlockable)
  if (vm.updates !== undefined) yield* vm.updates.pseudoLock.release(cpu)
}
