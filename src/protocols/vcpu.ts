import type { Gfn } from '../shared-memory/addresses.ts'
import { type Cpu, MB, WMB, type Word } from '../shared-memory/cpu.ts'
import {
  childOf,
  isLast,
  isShadowPresent,
  LEVEL_4K,
  NONPRESENT,
  pfnOf,
  ROOT_LEVEL,
  W,
} from '../shared-memory/page-tables/spte.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertApicEntry } from './apic/oracles.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import { hostPageOfPfn } from './host-mm.ts'
import type { SrcuReaders } from './memslots/srcu.ts'
import { NO_PAGE } from './nx/mmu-pages.ts'
import { assertWalked } from './nx/oracles.ts'
import type { PagingStructureCache } from './nx/paging-structure-cache.ts'
import { assertFill, assertTouch, ORACLE } from './oracles.ts'
import {
  checkRequest,
  KVM_REQ_APIC_PAGE_RELOAD,
  KVM_REQ_MMU_FREE_OBSOLETE_ROOTS,
  KVM_REQ_TLB_FLUSH,
} from './requests.ts'
import { SITE } from './sites.ts'
import { Tlb } from './tlb.ts'
import type { Vm } from './vm.ts'

/** `vcpu->mode`, with the kernel's values. */
export const OUTSIDE_GUEST_MODE = 0
export const IN_GUEST_MODE = 1
export const EXITING_GUEST_MODE = 2
export const READING_SHADOW_PAGE_TABLES = 3

/**
 * `struct kvm_vcpu`.
 *
 *   mode       OUTSIDE, IN_GUEST or EXITING     written by the vCPU; IN_GUEST -> EXITING by the CPU that kicks it
 *   requests   bitmap                           same line; set by the requester, cleared by the vCPU
 */
export class Vcpu {
  readonly id: number
  readonly mode: Word
  readonly requests: Word
  /** The vCPU's own copies of translations: no other CPU sees or changes them. */
  readonly tlb: Tlb
  /** Only where page tables can be taken away. */
  readonly psc: PagingStructureCache | undefined
  /** What guards the memslots: held from exit to entry. */
  readonly #srcu: SrcuReaders
  #srcuIdx = 0
  /** It has loaded a root before. */
  hasRoot = false

  constructor(place: Place, id: number, tlbEntries: number, srcu: SrcuReaders, psc?: PagingStructureCache) {
    this.id = id
    this.#srcu = srcu
    const words = place.together(['mode', 'requests'], 'the vCPU, and the CPU that kicks it')
    this.mode = words.mode
    this.requests = words.requests
    this.tlb = new Tlb(tlbEntries)
    this.psc = psc
  }

  /** INVEPT: the vCPU forgets every translation, and every part of one. */
  flush(): void {
    this.tlb.flush()
    this.psc?.flush()
  }

  /** `kvm_vcpu_srcu_read_lock()`: outside of the guest a vCPU may look at the memslots. */
  *srcuReadLock(cpu: Cpu): Steps<void> {
    this.#srcuIdx = yield* this.#srcu.readLock(cpu)
  }

  /** `kvm_vcpu_srcu_read_unlock()`: in the guest, or asleep, it holds up no update. */
  *srcuReadUnlock(cpu: Cpu): Steps<void> {
    yield* this.#srcu.readUnlock(cpu, this.#srcuIdx)
  }
}

/** `vcpu_run()`: passes of vcpu_enter_guest(), until one of them is in the guest. */
export function* enterGuest(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  for (;;) {
    const entered = yield* tryToEnter(cpu, vm, vcpu)
    if (entered) return
  }
}

/** `vcpu_enter_guest()`, up to the moment in which the guest runs. False: a request was pending. */
function* tryToEnter(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const goesOn = yield* serviceRequests(cpu, vm, vcpu)
  if (!goesOn) return false
  yield* cpu.storeRelease(vcpu.mode, IN_GUEST_MODE)
  yield* vcpu.srcuReadUnlock(cpu)
  // The mode is seen before the requests are looked at: Dekker. Pairs with the barrier in makeAllCpusRequest().
  yield* cpu.barrier(MB)
  const mode = yield* cpu.load(vcpu.mode)
  const requests = yield* cpu.load(vcpu.requests)
  if (mode === IN_GUEST_MODE && requests === 0) {
    if (vm.apic !== undefined) assertApicEntry(cpu, vm, vcpu)
    if (vm.ownedMmuLock?.isHeldBy(cpu)) cpu.violation(ORACLE.lock_held_in_guest, vcpu.id)
    return true
  }

  yield* cpu.store(vcpu.mode, OUTSIDE_GUEST_MODE)
  yield* cpu.barrier(WMB)
  yield* vcpu.srcuReadLock(cpu)
  cpu.count(COUNTER.entry_cancelled_pending_request, 1)
  // What was prepared for this entry is prepared again for the next; once it is part of the exit that came before.
  yield* cpu.work(WORK_KIND.entry_preparation, 1)
  return false
}

/** VM exit. */
export function* exitGuest(cpu: Cpu, vcpu: Vcpu): Steps<void> {
  cpu.count(COUNTER.exits, 1)
  // Answers an IPI, if one was sent. Pairs with the wait in makeAllCpusRequest().
  yield* cpu.store(vcpu.mode, OUTSIDE_GUEST_MODE)
  yield* cpu.barrier(WMB)
  yield* vcpu.srcuReadLock(cpu)
  yield* cpu.work(WORK_KIND.exit_entry, 1)
}

/**
 * `mmu_first_shadow_root_alloc()`, arch/x86/kvm/mmu/mmu.c, as a vCPU loads its first root: what shadow paging keeps of each memslot is
 * allocated under slots_arch_lock, inside the vCPU's SRCU section, once in the life of the VM. Without shadow paging the lock is never taken.
 */
export function* loadFirstRoot(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  if (vm.updates === undefined || !vm.hasRmaps || vcpu.hasRoot) return
  vcpu.hasRoot = true
  const { shadowRootAllocated, slotsArchLock } = vm.updates
  // kvm_shadow_root_allocated(). Pairs with the store below.
  const isDone = yield* cpu.loadAcquire(shadowRootAllocated)
  if (isDone !== 0) return
  vm.lockdep?.at(cpu, SITE.mmu_first_shadow_root_alloc)
  yield* slotsArchLock.acquire(cpu)
  // Another vCPU may have been faster: then it has stored already.
  yield* cpu.storeRelease(shadowRootAllocated, 1)
  yield* slotsArchLock.release(cpu)
  vm.lockdep?.at(cpu, SITE.kvm_vcpu_ioctl)
}

/** Whether an interrupt has arrived that takes the vCPU out of the guest. */
export function* isKicked(cpu: Cpu, vcpu: Vcpu): Steps<boolean> {
  const mode = yield* cpu.load(vcpu.mode)
  return mode !== IN_GUEST_MODE
}

/** Step 1 of an entry: every request there is. Whether the entry goes on. */
function* serviceRequests(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const requests = yield* cpu.load(vcpu.requests)
  if (requests === 0) return true
  if ((requests & KVM_REQ_MMU_FREE_OBSOLETE_ROOTS) !== 0) {
    yield* checkRequest(cpu, vcpu, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS)
    yield* vm.pages.freeObsoleteRoots(cpu, vm, vcpu)
  }
  const flush = yield* checkRequest(cpu, vcpu, KVM_REQ_TLB_FLUSH)
  if (flush) yield* vm.kvm.vcpuFlushTlbAll(cpu, vm, vcpu)
  if (vm.apic === undefined) return true
  const reload = yield* checkRequest(cpu, vcpu, KVM_REQ_APIC_PAGE_RELOAD)
  return reload ? yield* vm.kvm.reloadApicAccessPage(cpu, vm, vcpu) : true
}

/** `kvm_vcpu_flush_tlb_all()`, arch/x86/kvm/x86.c: INVEPT, global. */
export function* vcpuFlushTlbAll(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  cpu.count(COUNTER.tlb_flush, 1)
  if (vm.apic !== undefined && !vcpu.tlb.holds(vm.apic.gfn)) cpu.count(COUNTER.flush_redundant, 1)
  yield* cpu.work(WORK_KIND.tlb_flush, 1)
  vcpu.flush()
}

/** What came of a guest's access. */
export const ACCESSED = 0
export const FAULT_NOT_PRESENT = 1
export const FAULT_PROTECTION = 2
export type Access = typeof ACCESSED | typeof FAULT_NOT_PRESENT | typeof FAULT_PROTECTION

/** The guest writes to a page, or executes (X): through the TLB, else by the hardware's walk of the page tables. */
export function* accessGuestMemory(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn, access: number = W): Steps<Access> {
  cpu.count(COUNTER.guest_accesses, 1)
  yield* cpu.work(WORK_KIND.guest_access, 1)
  if (vcpu.tlb.holds(gfn, access)) {
    assertTouch(cpu, vm, vcpu, gfn)
    return ACCESSED
  }
  const spte = vcpu.psc === undefined ? yield* walk(cpu, vm, gfn) : yield* walkThroughPsc(cpu, vm, vcpu.psc, gfn)
  if (spte === NONPRESENT) return FAULT_NOT_PRESENT
  if ((spte & access) === 0) return FAULT_PROTECTION
  vcpu.tlb.fill(gfn, hostPageOfPfn(pfnOf(spte)), spte)
  assertFill(cpu, vm, vcpu, gfn, pfnOf(spte))
  return ACCESSED
}

/** The leaf for `gfn`, or NONPRESENT. */
function* walk(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<number> {
  let table = vm.tables.root
  for (let level = ROOT_LEVEL; level >= LEVEL_4K; level -= 1) {
    const spte = yield* cpu.loadAcquire(vm.tables.sptep(table, gfn, level))
    if (!isShadowPresent(spte)) return NONPRESENT
    if (isLast(spte, level)) return spte
    table = childOf(spte)
  }
  return NONPRESENT
}

/** The same with what the CPU has cached of the way: a present entry ends it, anything else is a fault, and forgotten. */
function* walkThroughPsc(cpu: Cpu, vm: Vm, psc: PagingStructureCache, gfn: Gfn): Steps<number> {
  const cached = psc.tableFor(gfn)
  if (cached === NO_PAGE) return yield* walkFromRoot(cpu, vm, psc, gfn)
  const spte = yield* cpu.loadAcquire(vm.tables.sptep(cached, gfn, LEVEL_4K))
  if (isShadowPresent(spte)) {
    assertWalked(cpu, vm.nx!, cached, psc.generationFor(gfn))
    return spte
  }
  psc.forget(gfn)
  return NONPRESENT
}

function* walkFromRoot(cpu: Cpu, vm: Vm, psc: PagingStructureCache, gfn: Gfn): Steps<number> {
  let table = vm.pages.rootFor(cpu, gfn)
  for (let level = ROOT_LEVEL; level >= LEVEL_4K; level -= 1) {
    const spte = yield* cpu.loadAcquire(vm.tables.sptep(table, gfn, level))
    if (!isShadowPresent(spte)) return NONPRESENT
    if (level === LEVEL_4K) psc.fill(gfn, table, vm.nx!.generationOf(cpu, table))
    if (isLast(spte, level)) return spte
    table = childOf(spte)
  }
  return NONPRESENT
}
