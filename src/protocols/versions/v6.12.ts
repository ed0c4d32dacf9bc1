import { type Gfn, gfnAdd, type Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertAttributes } from '../attributes/oracles.ts'
import { postSet, preSet, rangeHasAttributes, reserveAttribute, storeAttribute } from '../attributes/set-attributes.ts'
import { COUNTER } from '../counters.ts'
import { type Memslot, NO_MEMSLOT } from '../memslots/memslot.ts'
import { type Mmu, NO_PAGE, TDP } from '../nx/mmu-pages.ts'
import { assertFlushKept } from '../nx/oracles.ts'
import { NO_GFN, nxHugePagesToZap, recoverPage, remoteFlushOrZap } from '../nx/recovery.ts'
import { unaccount } from '../nx/track.ts'
import { condReschedRwlockWrite } from '../resched.ts'
import type { Vm } from '../vm.ts'

// Functions of v6.12 that v6.18 no longer has.

/** N1, N2: `kvm_nx_huge_page_recovery_worker()`, arch/x86/kvm/mmu/mmu.c, to v6.17: one list of both MMUs. */
export function* nxHugePageRecoveryWorker(cpu: Cpu, vm: Vm, ratio: number): Steps<void> {
  // The memslots of the pages stay as they are.
  const idx = yield* vm.srcu.readLock(cpu)
  const toZap = yield* nxHugePagesToZap(cpu, vm, TDP, ratio)
  yield* vm.kvm.recoverNxHugePages(cpu, vm, TDP, toZap)
  yield* vm.srcu.readUnlock(cpu, idx)
}

/**
 * N3 to N11: `kvm_recover_nx_huge_pages()`, arch/x86/kvm/mmu/mmu.c, to v6.17: under mmu_lock for write, the oldest page
 * first, of either MMU. Returns the number of pages that it removed.
 */
export function* recoverNxHugePages(cpu: Cpu, vm: Vm, list: Mmu, toZap: number): Steps<number> {
  const nx = vm.nx!
  let flush = false
  let done = 0
  if (toZap <= 0) return done
  yield* vm.mmuLock.writeLock(cpu)
  yield* nx.rcu.readLock(cpu)
  for (; done < toZap; done += 1) {
    const page = yield* cpu.read(nx.lists[list].first)
    if (page === NO_PAGE) break
    // Off the list before it is zapped: the flag keeps page sizes from bouncing, and nothing else.
    yield* unaccount(cpu, nx, page)

    const zapped = yield* recoverPage(cpu, vm, page)
    flush = flush || zapped
    assertFlushKept(cpu, vm, flush)

    const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
    if (!needbreak && !cpu.needResched()) continue
    yield* remoteFlushOrZap(cpu, vm, flush)
    yield* nx.rcu.readUnlock(cpu)
    yield* condReschedRwlockWrite(cpu, vm, NO_GFN)
    yield* nx.rcu.readLock(cpu)
    flush = false
  }
  cpu.count(COUNTER.nx_batch, done)
  yield* remoteFlushOrZap(cpu, vm, flush)
  yield* nx.rcu.readUnlock(cpu)
  yield* vm.mmuLock.writeUnlock(cpu)
  return done
}

/**
 * `kvm_mmu_notifier_clear_flush_young()`, virt/kvm/kvm_main.c, of x86 from v5.13 (8931a454aea0) to v6.14: mmu_lock for write,
 * for any number of pages; and, to v6.12, a flush if a page was used, or it would seem unused as long as it is in a TLB.
 */
export function* clearFlushYoung(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<boolean> {
  return yield* ageHvaRange(cpu, vm, start, end, true)
}

/** `kvm_mmu_notifier_clear_young()`, virt/kvm/kvm_main.c, of x86 from v5.13 to v6.14. */
export function* clearYoung(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<boolean> {
  return yield* ageHvaRange(cpu, vm, start, end, false)
}

/** `kvm_handle_hva_range()`, with `flush_on_ret` or without. */
function* ageHvaRange(cpu: Cpu, vm: Vm, start: Hva, end: Hva, flushIfYoung: boolean): Steps<boolean> {
  const idx = yield* vm.srcu.readLock(cpu)
  let locked = false
  let young = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  while (slot !== NO_MEMSLOT) {
    if (!locked) yield* vm.mmuLock.writeLock(cpu)
    locked = true
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    const used = yield* vm.kvm.ageGfn(cpu, vm, slot, first, last)
    young = young || used
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  if (young && flushIfYoung) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_aging)
  if (locked) yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  return young
}

/** `kvm_mmu_notifier_test_young()`, virt/kvm/kvm_main.c, of x86 from v5.13 to v6.14. */
export function* testYoung(cpu: Cpu, vm: Vm, hva: Hva): Steps<boolean> {
  const idx = yield* vm.srcu.readLock(cpu)
  let locked = false
  let young = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, hva, (hva + 1) as Hva)
  while (slot !== NO_MEMSLOT) {
    if (!locked) yield* vm.mmuLock.writeLock(cpu)
    locked = true
    const gfn = yield* vm.memslots.firstGfn(cpu, slot, hva)
    const used = yield* vm.kvm.testAgeGfn(cpu, vm, slot, gfn)
    young = young || used
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, hva, (hva + 1) as Hva)
  }
  if (locked) yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  return young
}

/**
 * `kvm_vm_set_mem_attributes()`, virt/kvm/kvm_main.c, v6.8 to v6.15: from the first page to the last without a look at the scheduler. Of a whole
 * VM of a terabyte, on a kernel that is not preemptible, that is a soft lockup.
 */
export function* vmSetMemAttributes(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, attribute: number): Steps<void> {
  yield* vm.updates!.slotsLock.acquire(cpu)
  const same = yield* rangeHasAttributes(cpu, vm, start, end, attribute)
  if (!same) {
    for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) yield* reserveAttribute(cpu)
    yield* preSet(cpu, vm, start, end)
    for (let gfn = start; gfn < end; gfn = gfnAdd(gfn, 1)) yield* storeAttribute(cpu, vm, gfn, attribute)
    yield* postSet(cpu, vm, start, end, attribute)
  }
  assertAttributes(cpu, vm, start, end, attribute)
  yield* vm.updates!.slotsLock.release(cpu)
}

/**
 * `kvm_arch_pre_set_memory_attributes()`, arch/x86/kvm/mmu/mmu.c, v6.8 to v6.14: the range, and nothing beside it. A fault on another gfn of a huge
 * page that the range covers in part still finds it unmixed, and maps it whole.
 */
export function* archPreSetMemoryAttributes(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn): Steps<boolean> {
  return yield* vm.kvm.unmapGfnRange(cpu, vm, slot, start, end, true)
}
