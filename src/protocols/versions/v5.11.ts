import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { type Mmu, NO_PAGE, SHADOW } from '../nx/mmu-pages.ts'
import { assertFlushKept } from '../nx/oracles.ts'
import { NO_GFN, remoteFlushOrZap } from '../nx/recovery.ts'
import { unaccount } from '../nx/track.ts'
import { prepareZapPage, zapSpanOfPage } from '../nx/zap-page.ts'
import { condReschedRwlockWrite } from '../resched.ts'
import type { Vm } from '../vm.ts'

// What v5.11 has, and v5.12 no longer.

/**
 * N8: `kvm_tdp_mmu_zap_gfn_range()`, arch/x86/kvm/mmu/tdp_mmu.c, v5.11: the gfns that the page covers, and mmu_lock may be dropped on
 * the way.
 */
export function* tdpMmuZapPossibleNxHugePage(cpu: Cpu, vm: Vm, page: number): Steps<boolean> {
  return yield* zapSpanOfPage(cpu, vm, page, true)
}

/** N3 to N11: `kvm_recover_nx_lpages()`, arch/x86/kvm/mmu/mmu.c, v5.11: what the zap of a page says of a flush is ignored. */
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
