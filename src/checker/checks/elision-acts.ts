import { assertUnmapped } from '../../protocols/assertions.ts'
import { ACCESSED, accessGuestMemory } from '../../protocols/guest-access.ts'
import { hostPageOf } from '../../protocols/memslots/host-ranges.ts'
import type { MemslotConfig } from '../../protocols/memslots/memslot.ts'
import { createVm } from '../../protocols/memslots/teardown.ts'
import { createMemslot, deleteMemslot, moveMemslot } from '../../protocols/memslots/update-memslot.ts'
import { raiseEnd, raiseStart } from '../../protocols/mmu-notifier.ts'
import { ORACLE } from '../../protocols/oracles.ts'
import { EMULATE, Fault, FIXED, RETRY } from '../../protocols/page-fault.ts'
import { usePfnCache } from '../../protocols/pfncache/refresh.ts'
import { enterGuest, exitGuest, loadFirstRoot } from '../../protocols/vcpu-run.ts'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import type { Act } from './vm-program.ts'

export const GFN = 0x2000
const HVA = 0x1000
/** The slot that stays. */
export const OWN = { slot: 0, baseGfn: GFN, hva: HVA, pages: 1 }
/** The slot that comes and goes, and another one, which moves those above it to another place in the table. */
export const SPARE = { slot: 1, baseGfn: GFN + 8, hva: HVA + 16, pages: 1 }
export const BELOW = { slot: 2, baseGfn: GFN - 8, hva: HVA + 32, pages: 1 }
export const ELSEWHERE = GFN + 16
export const OUTSIDE = HVA + 64
/** A slot that stays, of more than one page: a walk over it can be interrupted. */
export const WIDE = { slot: 0, baseGfn: GFN, hva: HVA, pages: 3 }

/** start and end of one page whose memslot does not change. */
export const notifies = (hva: number): Act =>
  function* (cpu, vm) {
    const wasCalled = yield* raiseStart(cpu, vm, hva as Hva, (hva + 1) as Hva)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + 1) as Hva, true, wasCalled)
  }

/** start and end of a slot by a task that may not sleep, as the OOM reaper. */
export const reaps = ({ hva, pages }: MemslotConfig): Act =>
  function* (cpu, vm) {
    yield* raiseStart(cpu, vm, hva as Hva, (hva + pages) as Hva, false)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + pages) as Hva, false)
  }

/** The same, with mmap_lock held for read meanwhile. */
export const notifiesInMm = (hva: number): Act =>
  function* (cpu, vm) {
    const { mmapLock } = vm.updates!.lifetime!
    yield* mmapLock.readLock(cpu)
    yield* notifies(hva)(cpu, vm)
    yield* mmapLock.readUnlock(cpu)
  }

/** The same, with a pair of the same page within. */
export const notifiesNested = (hva: number): Act =>
  function* (cpu, vm) {
    yield* raiseStart(cpu, vm, hva as Hva, (hva + 1) as Hva)
    yield* notifies(hva)(cpu, vm)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + 1) as Hva)
  }

/** start and end of the page of a slot, which moves in between. */
export const invalidates = ({ hva, baseGfn }: MemslotConfig): Act =>
  function* (cpu, vm) {
    yield* raiseStart(cpu, vm, hva as Hva, (hva + 1) as Hva)
    assertUnmapped(cpu, vm, baseGfn as Gfn, (baseGfn + 1) as Gfn)
    yield* vm.host.migrate(cpu, hostPageOf(vm.memslots.all, SPARE), 1)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + 1) as Hva)
  }

export const mapsOwn: Act = function* (cpu, vm) {
  const fault = new Fault()
  fault.begin(GFN as Gfn, false)
  for (;;) {
    const result = yield* vm.kvm.mmuPageFault(cpu, vm, fault)
    if (result !== RETRY || cpu.signalPending()) return
  }
}

/** The same of the page that stays. */
export const invalidatesOwn: Act = function* (cpu, vm) {
  yield* raiseStart(cpu, vm, HVA as Hva, (HVA + 1) as Hva)
  yield* vm.host.migrate(cpu, hostPageOf(vm.memslots.all, OWN), 1)
  yield* raiseEnd(cpu, vm, HVA as Hva, (HVA + 1) as Hva)
}

/** Until the page has been used twice, or the kernel has no such caches. */
export const usesCache: Act = function* (cpu, vm) {
  const [cache] = vm.pfnCaches!.list
  for (let uses = 0; uses < 2; ) {
    const used = yield* usePfnCache(cpu, vm, cache!)
    if (used) uses += 1
    else if (!(yield* vm.kvm.gpcRefresh(cpu, vm, cache!))) return
  }
}

/** Looks the page up again, as after a change of the memslots, whether or not it has to. */
export const refreshesCache: Act = function* (cpu, vm) {
  yield* vm.kvm.gpcRefresh(cpu, vm, vm.pfnCaches!.list[0]!)
}

/** Faults on the first page of a slot, or another, until there is no need to retry, with SRCU held around each, as outside of the guest. */
export const faults = (slot: MemslotConfig, gfn: number = slot.baseGfn, page = 0): Act =>
  function* (cpu, vm) {
    const fault = new Fault()
    fault.begin(gfn as Gfn, false)
    const vcpu = vm.vcpus[cpu.id]!
    for (;;) {
      yield* vcpu.srcuReadLock(cpu)
      const result = yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      yield* vcpu.srcuReadUnlock(cpu)
      const isOther = fault.hostPage !== hostPageOf(vm.memslots.all, slot) + page
      if (result === FIXED && isOther) cpu.violation(ORACLE.wrong_page, gfn)
      if (result !== RETRY || cpu.signalPending()) return result
    }
  }

/** The same on a slot that this CPU has set. */
export const mustFault = (slot: MemslotConfig): Act =>
  function* (cpu, vm) {
    const result = yield* faults(slot)(cpu, vm)
    if (result === EMULATE) cpu.violation(ORACLE.emulated_memory, slot.baseGfn)
  }

/** The guest writes to the first page of a slot, with all that it takes: entry, access, exit, faults. */
export const writesTo = ({ baseGfn }: MemslotConfig): Act =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    const fault = new Fault()
    fault.begin(baseGfn as Gfn, false)
    yield* vcpu.srcuReadLock(cpu)
    yield* enterGuest(cpu, vm, vcpu)
    for (;;) {
      const access = yield* accessGuestMemory(cpu, vm, vcpu, baseGfn as Gfn)
      yield* exitGuest(cpu, vcpu)
      if (access === ACCESSED || cpu.signalPending()) break
      yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      yield* enterGuest(cpu, vm, vcpu)
    }
    yield* vcpu.srcuReadUnlock(cpu)
  }

export const reloads: Act = function* (cpu, vm) {
  const vcpu = vm.vcpus[cpu.id]!
  yield* vcpu.srcuReadLock(cpu)
  yield* loadFirstRoot(cpu, vm, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
}

export const sets =
  ({ slot }: MemslotConfig): Act =>
  (cpu, vm) =>
    createMemslot(cpu, vm, slot)
export const removes =
  ({ slot }: MemslotConfig): Act =>
  (cpu, vm) =>
    deleteMemslot(cpu, vm, slot)
export const creates = sets(SPARE)
export const deletes = removes(SPARE)
export const moves: Act = (cpu, vm) => moveMemslot(cpu, vm, SPARE.slot, ELSEWHERE as Gfn)

export const comesAndGoes: Act = function* (cpu, vm) {
  yield* createVm(cpu, vm, SPARE.slot)
  yield* vm.kvm.destroyVm(cpu, vm, SPARE.slot)
  yield* createVm(cpu, vm, SPARE.slot)
}
