import { type Cpu, READ, WRITE } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { type Mmu, NO_PAGE, SHADOW, TDP } from '../nx/mmu-pages.ts'
import { assertFlushKept } from '../nx/oracles.ts'
import { NO_GFN, remoteFlushOrZap } from '../nx/recovery.ts'
import { unaccount } from '../nx/track.ts'
import { prepareZapPage } from '../nx/zap-page.ts'
import { condReschedRwlockRead, condReschedRwlockWrite } from '../resched.ts'
import { BUSY } from '../variants/busy.ts'
import type { Vm } from '../vm.ts'

/**
 * The second of the three patches as posted, before commit 315f02c60d94: `flush =` instead of `flush |=`. The last page of a
 * round decides for all.
 *
 *   vCPU                          worker                                   another vCPU
 *   ----                          ------                                   ------------
 *   has table 1 in its caches
 *                                 N8 zaps page 1: true
 *                                 N6 takes page 2 off the list
 *                                                                          F12 huge page in place of page 2
 *                                 N8 page 2 is gone: false
 *                                 N11 flush is false; unlocks, frees
 *   walks table 1
 */
export const B_ASSIGN = variant({
  name: 'B-ASSIGN',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1.p2, s1.p3, before 315f02c60d94',
  says: 'the last page of a round decides alone whether to flush',
  caughtBy: ['flush_lost', 'unlock_with_pending_flush', 'free_before_flush'],
  load: { ...BUSY, 'execute-share': '30' },
  replaces: { recoverNxHugePages: recoverAndAssign },
})

function* recoverAndAssign(cpu: Cpu, vm: Vm, mmu: Mmu, toZap: number): Steps<number> {
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

    const isShadow = (yield* cpu.read(nx.pages.mmu(page))) === SHADOW
    if (isShadow) yield* prepareZapPage(cpu, vm, nx, page)
    else flush = yield* vm.kvm.tdpMmuZapPossibleNxHugePage(cpu, vm, page)
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
