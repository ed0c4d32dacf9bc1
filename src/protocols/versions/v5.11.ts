import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { unmapHvaRange } from '../memslots/unmap-hva-range.ts'
import { type Mmu, NO_PAGE, SHADOW } from '../nx/mmu-pages.ts'
import { assertFlushKept } from '../nx/oracles.ts'
import { NO_GFN, remoteFlushOrZap } from '../nx/recovery.ts'
import { unaccount } from '../nx/track.ts'
import { prepareZapPage, zapSpanOfPage } from '../nx/zap-page.ts'
import type { Fault } from '../page-fault.ts'
import { condReschedRwlockWrite } from '../resched.ts'
import type { Vm } from '../vm.ts'

// Functions of v5.11 that v5.12 no longer has.

/**
 * N8: `kvm_tdp_mmu_zap_gfn_range()`, arch/x86/kvm/mmu/tdp_mmu.c, v5.11: the gfns that the page covers, and mmu_lock may be dropped on
 * the way.
 */
export function* tdpMmuZapPossibleNxHugePage(cpu: Cpu, vm: Vm, page: number): Steps<boolean> {
  return yield* zapSpanOfPage(cpu, vm, page, true)
}

/** N3 to N11: `kvm_recover_nx_lpages()`, arch/x86/kvm/mmu/mmu.c, v5.11: the result of a zap, whether a flush is needed, is ignored. */
export function* recoverNxHugePages(cpu: Cpu, vm: Vm, list: Mmu, toZap: number): Steps<number> {
  const nx = vm.nx!
  const flush = false
  let done = 0
  if (toZap <= 0) return done
  yield* vm.mmuLock.writeLock(cpu)
  yield* nx.rcu.readLock(cpu)
  for (; done < toZap; done += 1) {
    const page = yield* cpu.read(nx.lists[list].first)
    if (page === NO_PAGE) break
    // Off the list before it is zapped: the flag keeps page sizes from bouncing, and nothing else.
    yield* unaccount(cpu, nx, page)

    const isShadow = (yield* cpu.read(nx.pages.mmu(page))) === SHADOW
    if (isShadow) yield* prepareZapPage(cpu, vm, nx, page)
    else yield* vm.kvm.tdpMmuZapPossibleNxHugePage(cpu, vm, page)
    assertFlushKept(cpu, vm, flush)

    const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
    if (!needbreak && !cpu.needResched()) continue
    yield* remoteFlushOrZap(cpu, vm, flush)
    yield* nx.rcu.readUnlock(cpu)
    yield* condReschedRwlockWrite(cpu, vm, NO_GFN)
    yield* nx.rcu.readLock(cpu)
  }
  cpu.count(COUNTER.nx_batch, done)
  yield* remoteFlushOrZap(cpu, vm, flush)
  yield* nx.rcu.readUnlock(cpu)
  yield* vm.mmuLock.writeUnlock(cpu)
  return done
}

/**
 * S: `kvm_mmu_notifier_invalidate_range_start()`, virt/kvm/kvm_main.c, v5.11: as in v5.12, but no range is noted, so faults are held off
 * wherever they are.
 */
export function* invalidateRangeStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  const idx = yield* vm.srcu.readLock(cpu)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.kvm.invalidateBegin(cpu, vm)
  yield* unmapHvaRange(cpu, vm, start, end, mayBlock)
  yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  cpu.count(COUNTER.invalidate_mmu_lock, 1)
}

/** S5: `kvm->mmu_notifier_count++`, v5.11, with mmu_lock held. */
export function* invalidateBegin(cpu: Cpu, vm: Vm): Steps<void> {
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  yield* cpu.store(vm.invalidateInProgress, inProgress + 1)
  cpu.countHighest(COUNTER.in_progress_max, inProgress + 1)
}

/** `mmu_notifier_retry()`, include/linux/kvm_host.h: v5.11 has nothing to ask of a gfn or a hva alone. */
export function* invalidateRetryGfn(cpu: Cpu, vm: Vm, seq: number, _gfn: Gfn): Steps<boolean> {
  return yield* vm.kvm.invalidateRetry(cpu, vm, seq)
}

/** F11: as `direct_page_fault()` asks under mmu_lock, arch/x86/kvm/mmu/mmu.c, v5.11: `mmu_notifier_retry()`, for any range. */
export function* isPageFaultStale(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  const obsolete = yield* vm.pages.isRootObsolete(cpu)
  if (obsolete) {
    cpu.count(COUNTER.retry_obsolete_root, 1)
    return true
  }
  return yield* vm.kvm.invalidateRetry(cpu, vm, fault.seq)
}
