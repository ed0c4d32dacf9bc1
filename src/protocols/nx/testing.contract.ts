// For tests: a small VM whose guest executes in huge pages, and whose page tables are recovered.

import { type Gfn, type Hva, hvaAdd } from '../../shared-memory/addresses.ts'
import { W, X } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { ACCESSED, accessGuestMemory, FAULT_PROTECTION } from '../guest-access.ts'
import type { Kernel } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Kvm } from '../kvm.ts'
import { notifyEnd, notifyStart } from '../mmu-notifier.ts'
import { Fault, type FaultResult } from '../page-fault.ts'
import { type Act, SmallVm } from '../testing.contract.ts'
import { enterGuest, exitGuest } from '../vcpu-run.ts'
import type { Vm } from '../vm.ts'
import type { NxConfig, VmConfig } from '../vm-config.ts'
import { SHADOW, TDP } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import { switchRoot } from './root-walk.ts'

export const BLOCK = 512
/** The guest's own huge pages, and after them those of a nested guest. */
const OWN = 4
const NESTED = 2
const FIRST_GFN = 1 << 20
const FIRST_HVA = 1 << 22

/** The first gfn of a huge page and some more: few are touched, so that a page table is a small thing. */
export const own = (block: number, page = 0): Gfn => (FIRST_GFN + block * BLOCK + page) as Gfn
export const nested = (block: number, page = 0): Gfn => own(OWN + block, page)
export const small = (page: number): Gfn => own(OWN + NESTED, page)

const CONFIG: NxConfig = {
  roots: 1,
  keepsRoots: true,
  nestedGfn: nested(0),
  nestedPages: NESTED * BLOCK,
  hugeBlocks: OWN + NESTED,
  hugeLevel: 2,
  entries: 4,
}

export const withFunctions = (functions: Partial<Kvm>): Kernel => ({
  name: 'test',
  kvm: { ...V6_18.kvm, ...functions },
})

/** `acts` on CPUs of their number; those that touch memory are vCPUs, and come first. */
export class NxVm extends SmallVm {
  constructor(
    acts: readonly Act[],
    kernel: Kernel = V6_18,
    nx: Partial<NxConfig> = {},
    config: Partial<VmConfig> = {},
  ) {
    super(acts, kernel, {
      memslots: [{ slot: 0, baseGfn: FIRST_GFN, hva: FIRST_HVA, pages: (OWN + NESTED + 1) * BLOCK }],
      isHuge: (block) => block < OWN + NESTED,
      nx: { ...CONFIG, ...nx },
      ...config,
    })
  }

  get nx(): Nx {
    return this.vm.nx!
  }

  /** The pages on the lists, by MMU. */
  get listed(): readonly [tdp: number, shadow: number] {
    const { lists } = this.nx
    return [this.stage.valueOf(lists[TDP].nrTdp), this.stage.valueOf(lists[SHADOW].nrShadow)]
  }

  /** The leaf for a gfn on the root of CPU 0. */
  leafOf(gfn: Gfn): number {
    return this.vm.tables.peekLeaf(this.stage.cpus[0]!, gfn, this.nx.rootFor(this.stage.cpus[0]!, gfn))
  }
}

/** Faults until the access succeeds, as a vCPU does, but does not enter the guest for it. */
const faultOn = (gfn: Gfn, exec: boolean): Act =>
  function* (cpu, vm): Steps<FaultResult> {
    const fault = new Fault()
    fault.begin(gfn, false, exec)
    return yield* vm.kvm.mmuPageFault(cpu, vm, fault)
  }

export const writesTo = (gfn: Gfn): Act => faultOn(gfn, false)
export const executes = (gfn: Gfn): Act => faultOn(gfn, true)

/** The guest touches a gfn, with all that it takes: entry, access, exit, faults. It stays in the guest. */
export const inGuest = (gfn: Gfn, access: number = W): Act =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    const fault = new Fault()
    fault.begin(gfn, false, access === X)
    yield* enterGuest(cpu, vm, vcpu)
    for (;;) {
      const result = yield* accessGuestMemory(cpu, vm, vcpu, gfn, access)
      if (result === ACCESSED) return
      fault.present = result === FAULT_PROTECTION
      yield* exitGuest(cpu, vcpu)
      yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      yield* enterGuest(cpu, vm, vcpu)
    }
  }

/** One access of a vCPU that is in the guest already; the result is what came of it. */
export const touches = (gfn: Gfn, access: number = W): Act =>
  function* (cpu, vm) {
    return yield* accessGuestMemory(cpu, vm, vm.vcpus[cpu.id]!, gfn, access)
  }

/** Where a test stops an actor: `runUntil(cpu, /pause/)`. */
export const halts: Act = function* (cpu) {
  yield* cpu.pause()
}

export const leavesGuest: Act = function* (cpu, vm) {
  yield* exitGuest(cpu, vm.vcpus[cpu.id]!)
}

/** A notifier that takes the pages of these gfns away, up to invalidate_range_end. */
export const unmaps = (gfn: Gfn, pages: number): Act =>
  function* (cpu, vm) {
    const start = (FIRST_HVA + gfn - FIRST_GFN) as Hva
    yield* notifyStart(cpu, vm, start, hvaAdd(start, pages))
    yield* notifyEnd(cpu, vm, start, hvaAdd(start, pages))
  }

/** A task that wants mmu_lock, so that its owner yields. */
export const waitsToWrite: Act = function* (cpu, vm) {
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** One round of the worker. */
export const recovers = (ratio = 1): Act =>
  function* (cpu, vm) {
    yield* vm.kvm.nxHugePageRecoveryWorker(cpu, vm, ratio)
  }

/** Frees what has been waiting for a grace period, as every CPU that needs a table does. */
export const reclaims: Act = function* (cpu, vm) {
  yield* vm.nx!.reclaim(cpu)
  yield* vm.nx!.reclaim(cpu)
}

export const changesRole: Act = function* (cpu, vm: Vm) {
  yield* switchRoot(cpu, vm, vm.nx!, vm.vcpus[cpu.id]!)
}
