import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_12 } from '../kernels.ts'
import { type Mmu, NO_PAGE, SHADOW } from '../nx/mmu-pages.ts'
import { assertFlushKept } from '../nx/oracles.ts'
import { NO_GFN, remoteFlushOrZap } from '../nx/recovery.ts'
import { unaccount } from '../nx/track.ts'
import { prepareZapPage } from '../nx/zap-page.ts'
import { condReschedRwlockWrite } from '../resched.ts'
import { BUSY } from '../variants/busy.ts'
import type { Vm } from '../vm.ts'

/**
 * s1.5_11 with today's teardown: the result of a zap, whether a flush is needed, is ignored. In 5.11 itself tearing down a page table
 * flushed on its own, so that only leafs of another root, under the same gfns, were left behind.
 *
 *   vCPU                                   worker
 *   ----                                   ------
 *   has the table in its caches
 *                                          N8 zaps the page: true, dropped
 *                                          N11 nothing to flush; unlocks, call_rcu() frees
 *   walks the freed table
 */
export const B_DROP = variant({
  name: 'B-DROP',
  subject: 'nx-recovery',
  on: V6_12,
  kind: 'broken',
  reference: 's1, the result ignored',
  says: 'the flush that the zap of a page requires is ignored',
  caughtBy: ['flush_lost', 'unlock_with_pending_flush', 'free_before_flush'],
  load: BUSY,
  replaces: { recoverNxHugePages: recoverAndIgnore },
})

function* recoverAndIgnore(cpu: Cpu, vm: Vm, list: Mmu, toZap: number): Steps<number> {
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
