import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { faultinApicPage, flushTlbCurrent, requestAgain, writeAddress } from '../apic/reload.ts'
import { faultinPfn, invalidSlot, noSlot } from '../fault.ts'
import { NO_MEMSLOT } from '../memslots/memslots.ts'
import { CONTINUE, type Fault, type FaultResult } from '../page-fault.ts'
import { icacheInvalPou } from '../stage2/icache.ts'
import type { Stage2Fault } from '../stage2/page-fault.ts'
import type { Stage2Vm } from '../stage2/stage2.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'

// What v6.5 has, and v6.8 no longer.

/** F5 to F8: `kvm_faultin_pfn()`, arch/x86/kvm/mmu/mmu.c, to v6.7. A fault learns under mmu_lock that it must retry. */
export function* mmuFaultinPfn(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)

  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  yield* faultinPfn(cpu, vm, fault)
  return CONTINUE
}

/** P: `vmx_set_apic_access_page_addr()`, arch/x86/kvm/vmx/vmx.c, v6.5 (0a8a5f2c8c26): ends with a flush of its own. */
export function* reloadApicAccessPage(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return true
  const slot = yield* vm.memslots.find(cpu, page.gfn)
  if (slot === NO_MEMSLOT) return true
  const invalid = yield* vm.memslots.isInvalid(cpu, slot)
  if (invalid) return true

  own.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)
  yield* faultinApicPage(cpu, vm, slot, own)

  yield* vm.mmuLock.readLock(cpu)
  const stale = yield* vm.kvm.invalidateRetryGfn(cpu, vm, own.seq, page.gfn)
  if (stale) yield* requestAgain(cpu, vm, vcpu)
  else yield* writeAddress(cpu, vm, own)
  yield* vm.host.release(cpu, own.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  if (!stale) yield* flushTlbCurrent(cpu, vm, vcpu)
  return true
}

/** A9: `__invalidate_icache_guest_page()`, arch/arm64/include/asm/kvm_mmu.h, to v6.6: by line, however large the block. */
export function* invalidateIcacheGuestPage(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  yield* icacheInvalPou(cpu, vm, fault)
  return true
}
