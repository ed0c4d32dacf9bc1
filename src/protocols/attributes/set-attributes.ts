import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { LEVEL_2M, pagesPerLevel, roundForLevel } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import type { Memslot } from '../memslots/memslot.ts'
import type { Vm } from '../vm.ts'
import { assertAttributes } from './oracles.ts'

// KVM_SET_MEMORY_ATTRIBUTES: memory of the guest becomes private, or shared. An invalidation that no notifier raises.

const BLOCK = pagesPerLevel(LEVEL_2M)

/**
 * `kvm_vm_set_mem_attributes()`, virt/kvm/kvm_main.c, since v6.16 (47bb584237cc): for the gfns [start, end). Their
 * mappings are removed, and held off until they have the new attribute; the scheduler may take the CPU between two gfns.
 */
export function* vmSetMemAttributes(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, attribute: number): Steps<void> {
  yield* vm.updates!.slotsLock.acquire(cpu)
  const same = yield* rangeHasAttributes(cpu, vm, start, end, attribute)
  if (!same) {
    for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) {
      yield* reserveAttribute(cpu)
      yield* vm.kvm.condResched(cpu, vm)
    }
    yield* preSet(cpu, vm, start, end)
    for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) {
      yield* storeAttribute(cpu, vm, gfn, attribute)
      yield* vm.kvm.condResched(cpu, vm)
    }
    yield* postSet(cpu, vm, start, end, attribute)
  }
  assertAttributes(cpu, vm, start, end, attribute)
  yield* vm.updates!.slotsLock.release(cpu)
}

/** `kvm_range_has_memory_attributes()`. */
export function* rangeHasAttributes(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, attribute: number): Steps<boolean> {
  for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) {
    const attr = yield* cpu.load(vm.attributes!.attr(gfn))
    if (attr !== attribute) return false
  }
  return true
}

/** `xa_reserve()`. */
export function* reserveAttribute(cpu: Cpu): Steps<void> {
  yield* cpu.work(WORK_KIND.kmalloc, 1)
}

/** `xa_store()`. */
export function* storeAttribute(cpu: Cpu, vm: Vm, gfn: Gfn, attribute: number): Steps<void> {
  yield* cpu.work(WORK_KIND.kmalloc, 1)
  yield* cpu.store(vm.attributes!.attr(gfn), attribute)
  cpu.count(COUNTER.attributes_set, 1)
}

/** `kvm_handle_gfn_range()` of `kvm_pre_set_memory_attributes()`. */
export function* preSet(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  const slot = yield* vm.memslots.find(cpu, start)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateBegin(cpu, vm)
  yield* vm.kvm.invalidateRangeAdd(cpu, vm, start, end)
  const flush = yield* vm.kvm.archPreSetMemoryAttributes(cpu, vm, slot, start, end)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_attributes)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** The same of `kvm_arch_post_set_memory_attributes()`: the invalidation ends as mmu_lock is taken. */
export function* postSet(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, attribute: number): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateEnd(cpu, vm)
  yield* vm.kvm.archPostSetMemoryAttributes(cpu, vm, start, end, attribute)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/**
 * `kvm_arch_pre_set_memory_attributes()`, arch/x86/kvm/mmu/mmu.c, since v6.15 (9129633d568e): a huge page that the range covers in part only is
 * held off too, or a fault beside the range would map all of it.
 */
export function* archPreSetMemoryAttributes(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn): Steps<boolean> {
  const head = roundForLevel(start, LEVEL_2M)
  const tail = roundForLevel(gfnAdd(end, -1), LEVEL_2M)
  if (head !== start || gfnAdd(head, BLOCK) > end) yield* holdOffHugePage(cpu, vm, head)
  if (tail !== head && gfnAdd(tail, BLOCK) > end) yield* holdOffHugePage(cpu, vm, tail)
  return yield* vm.kvm.unmapGfnRange(cpu, vm, slot, start, end, true)
}

/** Unless there cannot be one: mixed attributes, or the memslot is too small. */
function* holdOffHugePage(cpu: Cpu, vm: Vm, block: Gfn): Steps<void> {
  if (!fits(vm, block)) return
  const mixed = yield* cpu.read(vm.attributes!.mixed(block))
  if (mixed === 0) yield* vm.kvm.invalidateRangeAdd(cpu, vm, block, gfnAdd(block, BLOCK))
}

/** `kvm_arch_post_set_memory_attributes()`, arch/x86/kvm/mmu/mmu.c, since v6.8 (90b4fe17981e): where huge pages may be, with mmu_lock held for write. */
export function* archPostSetMemoryAttributes(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, attribute: number): Steps<void> {
  const attributes = vm.attributes!
  for (let block = roundForLevel(start, LEVEL_2M); block < end; block = gfnAdd(block, BLOCK)) {
    if (!fits(vm, block)) continue
    const isWhole = block >= start && gfnAdd(block, BLOCK) <= end
    const touchedEnd = gfnAdd(block, attributes.touched)
    const isUniform = isWhole || (yield* rangeHasAttributes(cpu, vm, block, touchedEnd, attribute))
    yield* cpu.write(attributes.mixed(block), isUniform ? 0 : 1)
  }
}

const fits = (vm: Vm, block: Gfn) => vm.attributes!.covers(block) && vm.attributes!.covers(gfnAdd(block, BLOCK - 1))

/** `cond_resched()`, include/linux/sched.h: the scheduler may have the CPU. Here each role has a core, so it is only counted. */
export function* condResched(): Steps<void> {}
