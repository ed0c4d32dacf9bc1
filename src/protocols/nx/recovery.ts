import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, READ, WRITE } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { condReschedRwlockRead, condReschedRwlockWrite } from '../resched.ts'
import type { Vm } from '../vm.ts'
import { type Mmu, NO_PAGE, SHADOW, TDP } from './mmu-pages.ts'
import { assertEmptyAtFree, assertFlushKept } from './oracles.ts'
import { unaccount } from './track.ts'
import { prepareZapPage } from './zap-page.ts'

// arch/x86/kvm/mmu/mmu.c: the recovery of NX huge pages. Numbers in comments are explained in STEPS.md.

export const NO_GFN = -1 as Gfn

/** N1, N2: `kvm_nx_huge_page_recovery_worker()`, arch/x86/kvm/mmu/mmu.c, since v6.18: each MMU has its own list and share. */
export function* nxHugePageRecoveryWorker(cpu: Cpu, vm: Vm, ratio: number): Steps<void> {
  // The memslots of the pages stay as they are. kvm_recover_nx_huge_pages() does this for each list.
  const idx = yield* vm.srcu.readLock(cpu)
  const shadow = yield* nxHugePagesToZap(cpu, vm, SHADOW, ratio)
  yield* vm.kvm.recoverNxHugePages(cpu, vm, SHADOW, shadow)
  const tdp = yield* nxHugePagesToZap(cpu, vm, TDP, ratio)
  yield* vm.kvm.recoverNxHugePages(cpu, vm, TDP, tdp)
  yield* vm.srcu.readUnlock(cpu, idx)
}

/** N2: `nx_huge_pages_to_zap()`: how many of a list are recovered in this round. Read without a lock: it is a measure, no more. */
export function* nxHugePagesToZap(cpu: Cpu, vm: Vm, mmu: Mmu, ratio: number): Steps<number> {
  const nr = yield* vm.nx!.lists[mmu].nr(cpu)
  return ratio === 0 ? 0 : Math.ceil(nr / ratio)
}

/**
 * N3 to N11: `kvm_recover_nx_huge_pages()`, arch/x86/kvm/mmu/mmu.c, since v6.18 (a57750909580), of the list of one MMU: pages of the TDP
 * MMU under mmu_lock for read and tdp_mmu_pages_lock. How many pages it took off.
 */
export function* recoverNxHugePages(cpu: Cpu, vm: Vm, mmu: Mmu, toZap: number): Steps<number> {
  const nx = vm.nx!
  const side = mmu === TDP ? READ : WRITE
  let flush = false
  let done = 0
  if (toZap <= 0) return done
  if (side === READ) yield* vm.mmuLock.readLock(cpu)
  else yield* vm.mmuLock.writeLock(cpu)
  yield* nx.rcu.readLock(cpu)
  for (; done < toZap; done += 1) {
    if (side === READ) yield* nx.pagesLock.acquire(cpu)
    const page = yield* cpu.read(nx.lists[mmu].first)
    // Off the list before it is zapped: the flag keeps page sizes from bouncing, and nothing else.
    if (page !== NO_PAGE) yield* unaccount(cpu, nx, page)
    if (side === READ) yield* nx.pagesLock.release(cpu)
    if (page === NO_PAGE) break

    const zapped = yield* recoverPage(cpu, vm, page)
    flush = flush || zapped
    assertFlushKept(cpu, vm, flush)

    const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
    if (!needbreak && !cpu.needResched()) continue
    // Unlinked tables cannot be freed before the RCU section ends, and the TLBs are flushed by then.
    yield* remoteFlushOrZap(cpu, vm, flush)
    yield* nx.rcu.readUnlock(cpu)
    if (side === READ) yield* condReschedRwlockRead(cpu, vm, NO_GFN)
    else yield* condReschedRwlockWrite(cpu, vm, NO_GFN)
    yield* nx.rcu.readLock(cpu)
    flush = false
  }
  cpu.count(COUNTER.nx_batch, done)
  yield* remoteFlushOrZap(cpu, vm, flush)
  yield* nx.rcu.readUnlock(cpu)
  if (side === READ) yield* vm.mmuLock.readUnlock(cpu)
  else yield* vm.mmuLock.writeUnlock(cpu)
  return done
}

/** N7: one page that was taken off the list. Whether the TLBs have to be flushed for it. */
export function* recoverPage(cpu: Cpu, vm: Vm, page: number): Steps<boolean> {
  const isLogged = yield* vm.kvm.mmuSpDirtyLoggingEnabled(cpu, vm, page)
  if (isLogged) {
    cpu.count(COUNTER.nx_skipped_dirty_log, 1)
    return false
  }
  const isShadow = (yield* cpu.read(vm.nx!.pages.mmu(page))) === SHADOW
  if (!isShadow) return yield* vm.kvm.tdpMmuZapPossibleNxHugePage(cpu, vm, page)
  yield* prepareZapPage(cpu, vm, vm.nx!, page)
  return false
}

/** N7: `kvm_mmu_sp_dirty_logging_enabled()`, arch/x86/kvm/mmu/mmu.c, since v6.2 (eb298605705a): by the memslot of the page's first gfn. */
export function* mmuSpDirtyLoggingEnabled(cpu: Cpu, vm: Vm, page: number): Steps<boolean> {
  if (vm.dirtyLog === undefined) return false
  const gfn = yield* cpu.read(vm.nx!.pages.gfn(page))
  const slot = yield* vm.memslots.find(cpu, gfn as Gfn)
  return slot !== NO_MEMSLOT && (yield* vm.memslots.isDirtyTracked(cpu, slot))
}

/** `kvm_mmu_remote_flush_or_zap()`, arch/x86/kvm/mmu/mmu.c: flushes after a zap, and frees the shadow MMU's pages. */
export function* remoteFlushOrZap(cpu: Cpu, vm: Vm, flush: boolean): Steps<void> {
  const nx = vm.nx!
  const { invalid } = nx.local[cpu.id]!
  if (flush || invalid.length > 0) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_nx_recovery)
  // kvm_mmu_commit_zap_page(): walks of the shadow page tables hold flushes off, so no grace period is needed.
  while (invalid.length > 0) {
    const table = invalid.pop()!
    assertEmptyAtFree(cpu, vm, nx, table)
    yield* nx.free(cpu, table)
  }
}
