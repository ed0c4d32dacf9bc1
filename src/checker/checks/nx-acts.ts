import { assertUnmapped } from '../../protocols/assertions.ts'
import { ACCESSED, accessGuestMemory, FAULT_PROTECTION } from '../../protocols/guest-access.ts'
import { notifyEnd, notifyStart } from '../../protocols/mmu-notifier.ts'
import { TDP } from '../../protocols/nx/mmu-pages.ts'
import { switchRoot } from '../../protocols/nx/root-walk.ts'
import { ORACLE } from '../../protocols/oracles.ts'
import { Fault } from '../../protocols/page-fault.ts'
import { enterGuest, exitGuest } from '../../protocols/vcpu-run.ts'
import { type Gfn, gfnAdd, type Hva, hvaAdd } from '../../shared-memory/addresses.ts'
import type { Word } from '../../shared-memory/cpu.ts'
import { isPresentLeaf, LEVEL_4K, W, X } from '../../shared-memory/page-tables/spte.ts'
import { TableCache } from '../../shared-memory/page-tables/table-cache.ts'
import { leavesGuest } from './guest-acts.ts'
import { FIRST_GFN, FIRST_HVA, own } from './nx-small-vm.ts'
import type { Act } from './vm-program.ts'

const NOWHERE = 0 as Word

// Actions of the CPUs in the small VMs of system 1.

const faultOn = (gfn: Gfn, isExec: boolean, isPresent = false): Act =>
  function* (cpu, vm) {
    const fault = new Fault()
    fault.begin(gfn, false, isExec)
    fault.present = isPresent
    return yield* vm.kvm.mmuPageFault(cpu, vm, fault)
  }

export const writesTo = (gfn: Gfn): Act => faultOn(gfn, false)
export const executes = (gfn: Gfn): Act => faultOn(gfn, true)
/** The entry was present when the guest faulted: looked at without mmu_lock first. */
export const writesToPresent = (gfn: Gfn): Act => faultOn(gfn, false, true)

/** Takes write permission away, as when a dirty log is cleared. */
export const writeProtects = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    const { iter } = vm.local[cpu.id]!
    yield* iter.start(cpu, LEVEL_4K, gfn, vm.nx!.rootFor(cpu, gfn))
    while (!isPresentLeaf(iter.oldSpte, iter.level)) yield* iter.next(cpu)
    yield* cpu.and(iter.sptep, ~W)
  }

/** The guest executes, with all that it takes: entry, access, exit, faults. It stays in the guest. */
export const inGuest = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    const fault = new Fault()
    fault.begin(gfn, false, true)
    yield* enterGuest(cpu, vm, vcpu)
    for (;;) {
      const result = yield* accessGuestMemory(cpu, vm, vcpu, gfn, X)
      if (result === ACCESSED) return
      fault.present = result === FAULT_PROTECTION
      yield* exitGuest(cpu, vcpu)
      yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      if (cpu.signalPending()) return
      yield* enterGuest(cpu, vm, vcpu)
    }
  }

export const touches = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    yield* accessGuestMemory(cpu, vm, vm.vcpus[cpu.id]!, gfn, X)
  }

/** A notifier that unmaps pages, and its check when it may take them. */
export const unmaps = (gfn: Gfn, pages: number): Act =>
  function* (cpu, vm) {
    const start = (FIRST_HVA + gfn - FIRST_GFN) as Hva
    yield* notifyStart(cpu, vm, start, hvaAdd(start, pages))
    assertUnmapped(cpu, vm, gfn, gfnAdd(gfn, pages))
    yield* notifyEnd(cpu, vm, start, hvaAdd(start, pages))
  }

/** The same, and the pages move before the end. */
export const takesBack = (gfn: Gfn, pages: number): Act =>
  function* (cpu, vm) {
    const start = (FIRST_HVA + gfn - FIRST_GFN) as Hva
    yield* notifyStart(cpu, vm, start, hvaAdd(start, pages))
    assertUnmapped(cpu, vm, gfn, gfnAdd(gfn, pages))
    yield* vm.host.migrate(cpu, vm.memslots.hostPageAtStart(gfn)!, pages)
    yield* notifyEnd(cpu, vm, start, hvaAdd(start, pages))
  }

/** The same where no vCPU faults: nothing is mapped afterwards either. */
export const unmapsAndMoves = (gfn: Gfn, pages: number): Act =>
  function* (cpu, vm) {
    yield* takesBack(gfn, pages)(cpu, vm)
    assertUnmapped(cpu, vm, gfn, gfnAdd(gfn, pages))
  }

/** A task that wants mmu_lock, so that its owner yields. */
export const waitsToWrite: Act = function* (cpu, vm) {
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** One round of the worker. */
export const recovers: Act = function* (cpu, vm) {
  yield* vm.kvm.nxHugePageRecoveryWorker(cpu, vm, 1)
}

/** Frees tables whose grace period is over, as every CPU that needs a table does. */
export const reclaims: Act = function* (cpu, vm) {
  yield* vm.nx!.reclaim(cpu)
  yield* vm.nx!.reclaim(cpu)
}

export const changesRole: Act = function* (cpu, vm) {
  yield* switchRoot(cpu, vm, vm.nx!, vm.vcpus[cpu.id]!)
}

/** Creates and removes page tables until the pool is used up. No other actor runs, so the guest makes progress. */
export const usesUpTables: Act = function* (cpu, vm) {
  for (let round = 0; round < vm.nx!.capacity; round += 1) {
    yield* inGuest(own(0))(cpu, vm)
    if (!vm.vcpus[cpu.id]!.tlb.holds(own(0), X)) cpu.violation(ORACLE.refault_unbounded, own(0))
    yield* leavesGuest(cpu, vm)
    yield* recovers(cpu, vm)
  }
}

/** Takes page tables, and frees this many of them at once. */
export const takes = (tables: number, givesBack: number): Act =>
  function* (cpu, vm) {
    const cache = new TableCache(tables)
    yield* vm.nx!.refill(cpu, cache, tables)
    for (let left = givesBack; left > 0; left -= 1) {
      const table = cache.pop()
      yield* vm.nx!.pages.begin(cpu, table, TDP, FIRST_GFN as Gfn, LEVEL_4K, NOWHERE)
      yield* vm.nx!.free(cpu, table)
    }
  }
