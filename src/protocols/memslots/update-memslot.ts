import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertUnmapped } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { setAllDirty } from '../dirty-log/mark.ts'
import { SITE } from '../sites.ts'
import type { Vm } from '../vm.ts'
import { INVALID, LOG_DIRTY_PAGES, NO_MEMSLOT } from './memslot.ts'
import { assertAbsent, assertMemslots, DELETED, noteMemslot } from './oracles.ts'

// M: `kvm_set_memory_region()`, of a VM that has `updates`. A slot is named by its number.

/** KVM_MR_CREATE. */
export function* createMemslot(cpu: Cpu, vm: Vm, id: number): Steps<void> {
  const slot = vm.memslots.configOf(id)
  yield* beginUpdate(cpu, vm)
  assertAbsent(cpu, vm, id)
  yield* vm.memslots.prepareNext(cpu, id, { slot, flags: 0, baseGfn: slot.baseGfn })
  yield* vm.kvm.swapActiveMemslots(cpu, vm)
  noteMemslot(cpu, vm, id, slot.baseGfn)
  yield* endUpdate(cpu, vm)
}

/** KVM_MR_DELETE. */
export function* deleteMemslot(cpu: Cpu, vm: Vm, id: number): Steps<void> {
  yield* beginUpdate(cpu, vm)
  const was = noteMemslot(cpu, vm, id, DELETED)
  yield* invalidateMemslot(cpu, vm, id)
  yield* vm.memslots.prepareNext(cpu, id, null)
  yield* vm.kvm.swapActiveMemslots(cpu, vm)
  assertUnmapped(cpu, vm, was, (was + vm.memslots.configOf(id).pages) as Gfn)
  yield* endUpdate(cpu, vm)
}

/** KVM_MR_MOVE: the slot's memory appears at another gfn. */
export function* moveMemslot(cpu: Cpu, vm: Vm, id: number, baseGfn: Gfn): Steps<void> {
  const slot = vm.memslots.configOf(id)
  yield* beginUpdate(cpu, vm)
  const was = noteMemslot(cpu, vm, id, baseGfn)
  yield* invalidateMemslot(cpu, vm, id)
  yield* vm.memslots.prepareNext(cpu, id, { slot, flags: 0, baseGfn })
  yield* vm.kvm.swapActiveMemslots(cpu, vm)
  assertUnmapped(cpu, vm, was, (was + slot.pages) as Gfn)
  yield* endUpdate(cpu, vm)
}

/** KVM_MR_FLAGS_ONLY: the slot's dirty pages are logged from now on, or no longer. Faults that saw the old flags are over when they are applied. */
export function* logMemslot(cpu: Cpu, vm: Vm, id: number, isLogging: boolean): Steps<void> {
  yield* beginUpdate(cpu, vm)
  const baseGfn = yield* baseGfnOf(cpu, vm, id)
  const flags = isLogging ? LOG_DIRTY_PAGES : 0
  if (isLogging && vm.dirtyLog!.config.isAllSet === true) yield* setAllDirty(cpu, vm.dirtyLog!)
  yield* vm.memslots.prepareNext(cpu, id, { slot: vm.memslots.configOf(id), flags, baseGfn })
  yield* vm.kvm.swapActiveMemslots(cpu, vm)
  const slot = yield* vm.memslots.find(cpu, baseGfn)
  yield* vm.kvm.mmuSlotApplyFlags(cpu, vm, slot, isLogging)
  yield* endUpdate(cpu, vm)
}

/** M1, M2. */
function* beginUpdate(cpu: Cpu, vm: Vm): Steps<void> {
  vm.lockdep?.at(cpu, SITE.kvm_set_memory_region)
  yield* vm.updates!.slotsLock.acquire(cpu)
  yield* vm.updates!.slotsArchLock.acquire(cpu)
}

/** slots_arch_lock has been dropped by the swap. */
function* endUpdate(cpu: Cpu, vm: Vm): Steps<void> {
  assertMemslots(cpu, vm)
  cpu.count(COUNTER.memslot_updates, 1)
  yield* vm.updates!.slotsLock.release(cpu)
}

/**
 * M3 to M12: publishes the slot as INVALID, so that faults on it retry, and removes its mappings. Only then may it be
 * deleted: a notifier would not find mappings outside every memslot.
 */
function* invalidateMemslot(cpu: Cpu, vm: Vm, id: number): Steps<void> {
  const baseGfn = yield* baseGfnOf(cpu, vm, id)
  yield* vm.memslots.prepareNext(cpu, id, { slot: vm.memslots.configOf(id), flags: INVALID, baseGfn })
  yield* vm.kvm.swapActiveMemslots(cpu, vm)
  const slot = yield* vm.memslots.find(cpu, baseGfn)
  yield* vm.kvm.flushShadowMemslot(cpu, vm, slot)
  assertUnmapped(cpu, vm, baseGfn, (baseGfn + vm.memslots.configOf(id).pages) as Gfn)
  vm.lockdep?.at(cpu, SITE.kvm_set_memory_region)
  yield* vm.updates!.slotsArchLock.acquire(cpu)
}

function* baseGfnOf(cpu: Cpu, vm: Vm, id: number): Steps<Gfn> {
  let slot = yield* vm.memslots.nextOf(cpu, NO_MEMSLOT)
  for (;;) {
    const found = yield* vm.memslots.idOf(cpu, slot)
    if (found === id) return yield* vm.memslots.baseGfn(cpu, slot)
    slot = yield* vm.memslots.nextOf(cpu, slot)
  }
}
