import { ACCESSED, accessGuestMemory, FAULT_PROTECTION } from '../../protocols/guest-access.ts'
import { Fault } from '../../protocols/page-fault.ts'
import { enterGuest, exitGuest, isKicked } from '../../protocols/vcpu-run.ts'
import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Act, inTurn } from './vm-program.ts'

// Actions of a guest, for every kind of VM.

export const entersGuest: Act = function* (cpu, vm) {
  yield* enterGuest(cpu, vm, vm.vcpus[cpu.id]!)
}

export const leavesGuest: Act = function* (cpu, vm) {
  yield* exitGuest(cpu, vm.vcpus[cpu.id]!)
}

/** A vCPU that is outside of the guest at first, and at last, and may look at the memslots meanwhile. */
export const outsideFirst = (...acts: readonly Act[]): Act =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    yield* vcpu.srcuReadLock(cpu)
    yield* inTurn(...acts)(cpu, vm)
    yield* vcpu.srcuReadUnlock(cpu)
  }

/** The guest writes, and faults until it can, or until a signal comes: whether it could. */
export const writesInGuest = (gfn: Gfn) =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    for (;;) {
      const kicked = yield* isKicked(cpu, vcpu)
      if (kicked) {
        yield* exitGuest(cpu, vcpu)
        yield* enterGuest(cpu, vm, vcpu)
      }
      const access = yield* accessGuestMemory(cpu, vm, vcpu, gfn)
      if (access === ACCESSED) return true
      // As in the kernel, nothing is left of a fault when it has returned.
      const fault = new Fault()
      fault.begin(gfn, access === FAULT_PROTECTION)
      yield* exitGuest(cpu, vcpu)
      yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      if (cpu.signalPending()) return false
      yield* enterGuest(cpu, vm, vcpu)
    }
  } satisfies Act
