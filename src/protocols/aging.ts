import { type Gfn, gfnAdd, type Hva } from '../shared-memory/addresses.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import { ACCESSED, isPresentLeaf, isShadowPresent, LEVEL_4K } from '../shared-memory/page-tables/spte.ts'
import type { TdpIter } from '../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { COUNTER } from './counters.ts'
import { type Memslot, NO_MEMSLOT } from './memslots/memslot.ts'
import { NO_PAGE } from './nx/mmu-pages.ts'
import type { Vm } from './vm.ts'

// Aging: the host asks which pages the guest has used, and clears the Accessed bits to ask again. No page is taken back, so nothing is in
// progress meanwhile, and mmu_invalidate_seq stays as it is.

/**
 * `kvm_mmu_notifier_clear_flush_young()`, virt/kvm/kvm_main.c, of x86 since v6.15 (aa34b811650c): whether the guest has used any of the hvas
 * [start, end) since they were asked of last. Neither mmu_lock nor, since v6.13 (2ebbe0308c29, b9883ee40d7e), a flush: a page that is in a TLB
 * seems unused until it is looked up again, and that is good enough.
 */
export function* clearFlushYoung(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<boolean> {
  return yield* ageHvaRange(cpu, vm, start, end)
}

/** `kvm_mmu_notifier_clear_young()`, virt/kvm/kvm_main.c, of x86 since v6.15. */
export function* clearYoung(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<boolean> {
  return yield* ageHvaRange(cpu, vm, start, end)
}

/** `kvm_age_hva_range()`: the memslots that overlap, under SRCU. */
function* ageHvaRange(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<boolean> {
  const idx = yield* vm.srcu.readLock(cpu)
  let young = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  while (slot !== NO_MEMSLOT) {
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    const used = yield* vm.kvm.ageGfn(cpu, vm, slot, first, last)
    young = young || used
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  yield* vm.srcu.readUnlock(cpu, idx)
  return young
}

/** `kvm_mmu_notifier_test_young()`, virt/kvm/kvm_main.c, of x86 since v6.15: the same of one page, and nothing is cleared. */
export function* testYoung(cpu: Cpu, vm: Vm, hva: Hva): Steps<boolean> {
  const idx = yield* vm.srcu.readLock(cpu)
  let young = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, hva, (hva + 1) as Hva)
  while (slot !== NO_MEMSLOT) {
    const gfn = yield* vm.memslots.firstGfn(cpu, slot, hva)
    const used = yield* vm.kvm.testAgeGfn(cpu, vm, slot, gfn)
    young = young || used
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, hva, (hva + 1) as Hva)
  }
  yield* vm.srcu.readUnlock(cpu, idx)
  return young
}

/** `kvm_age_gfn()`, arch/x86/kvm/mmu/mmu.c: in the MMUs that map it. */
export function* ageGfn(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn): Steps<boolean> {
  const inShadow = vm.hasRmaps ? yield* rmapAgeGfnRange(cpu, vm, slot, start, end, false) : false
  const inTdp = vm.hasTdpMmu ? yield* tdpMmuAgeGfnRange(cpu, vm, start, end, false) : false
  return inShadow || inTdp
}

/** `kvm_test_age_gfn()`, arch/x86/kvm/mmu/mmu.c. */
export function* testAgeGfn(cpu: Cpu, vm: Vm, slot: Memslot, gfn: Gfn): Steps<boolean> {
  const end = gfnAdd(gfn, 1)
  const inTdp = vm.hasTdpMmu ? yield* tdpMmuAgeGfnRange(cpu, vm, gfn, end, true) : false
  return inTdp || (vm.hasRmaps ? yield* rmapAgeGfnRange(cpu, vm, slot, gfn, end, true) : false)
}

/**
 * `__kvm_tdp_mmu_age_gfn_range()`, arch/x86/kvm/mmu/tdp_mmu.c: every valid root, to v6.12 every root (526e609f0567). RCU alone keeps the tables;
 * where mmu_lock is held it keeps them too.
 */
function* tdpMmuAgeGfnRange(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, testOnly: boolean): Steps<boolean> {
  let young = false
  yield* vm.pages.rcuReadLock(cpu)
  for (let root = 0; root < vm.pages.roots.slots && !(young && testOnly); root += 1) {
    const table = yield* tableToAge(cpu, vm, root)
    if (table === NO_PAGE) continue
    const used = yield* ageRoot(cpu, vm, table, start, end, testOnly)
    young = young || used
  }
  yield* vm.pages.rcuReadUnlock(cpu)
  return young
}

function* tableToAge(cpu: Cpu, vm: Vm, root: number): Steps<number> {
  const { roots } = vm.pages
  if (vm.kvm.agesRoots === 'valid') return yield* roots.validTableOf(cpu, root)
  const isThere = yield* roots.isThere(cpu, root)
  return isThere ? yield* roots.tableOf(cpu, root) : NO_PAGE
}

/** The leafs of one root, of the page table `root`. It never yields: the notifiers that come here may not block. */
export function* ageRoot(cpu: Cpu, vm: Vm, root: number, start: Gfn, end: Gfn, testOnly: boolean): Steps<boolean> {
  const iter = vm.local[cpu.id]!.iter
  let young = false
  yield* iter.start(cpu, LEVEL_4K, start, root)
  for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
    if (!isPresentLeaf(iter.oldSpte, iter.level) || (iter.oldSpte & ACCESSED) === 0) continue
    young = true
    if (testOnly) return true
    yield* vm.kvm.tdpMmuAgeSpte(cpu, vm, iter)
    cpu.count(COUNTER.sptes_aged, 1)
  }
  return young
}

/**
 * `kvm_tdp_mmu_age_spte()`, arch/x86/kvm/mmu/tdp_mmu.c, since v6.4 (7ee131e3a3c3): an atomic AND clears the bit alone. The entry may be another one by
 * then, or none: what faults, zaps and the hardware have made of it stays. From v5.18 (ba3a6120a4e7) to v6.3 it was an XCHG of the whole entry.
 */
export function* tdpMmuAgeSpte(cpu: Cpu, _vm: Vm, iter: TdpIter): Steps<void> {
  iter.oldSpte = yield* cpu.and(iter.sptep, ~ACCESSED)
}

/** `kvm_rmap_age_gfn_range()`, arch/x86/kvm/mmu/mmu.c: of the shadow MMU, one reverse map a gfn. KVM_RMAP_LOCKED is not re-created. */
function* rmapAgeGfnRange(cpu: Cpu, vm: Vm, slot: Memslot, from: Gfn, to: Gfn, testOnly: boolean): Steps<boolean> {
  const start = vm.firstShadowed(from)
  const end = vm.endShadowed(to)
  let young = false
  if (start >= end) return young
  const first = yield* vm.memslots.rmap(cpu, slot, start)
  for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) {
    const sptep = yield* cpu.loadAcquire(vm.rmap(first + (gfn - start)))
    if (sptep === 0) continue
    const spte = yield* cpu.load(sptep as Word)
    if (!isShadowPresent(spte) || (spte & ACCESSED) === 0) continue
    young = true
    if (testOnly) return true
    yield* cpu.and(sptep as Word, ~ACCESSED)
    cpu.count(COUNTER.sptes_aged, 1)
  }
  return young
}
