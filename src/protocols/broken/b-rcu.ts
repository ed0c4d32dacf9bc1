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
 * The worker leaves RCU before it flushes. A grace period waits for software that walks page tables, and for nothing else: the
 * hardware is stopped by the flush.
 *
 *   vCPU                          worker                          RCU callbacks
 *   ----                          ------                          -------------
 *   has the table in its caches
 *                                 N8 unlinks it, call_rcu()
 *                                 leaves RCU
 *                                                                 grace period over, frees the table
 *   walks the freed table
 *                                 flushes
 */
export const B_RCU = variant({
  name: 'B-RCU',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1, flush after rcu_read_unlock()',
  says: 'the worker leaves RCU before it flushes',
  caughtBy: ['free_before_flush', 'stale_walk'],
  load: BUSY,
  replaces: { recoverNxHugePages: leaveRcuAndFlush },
})

function* leaveRcuAndFlush(cpu: Cpu, vm: Vm, mmu: Mmu, toZap: number): Steps<number> {
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
    const zapped = isShadow ? false : yield* vm.kvm.tdpMmuZapPossibleNxHugePage(cpu, vm, page)
    flush = flush || zapped
    assertFlushKept(cpu, vm, flush)

    const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
    if (!needbreak && !cpu.needResched()) continue
    yield* nx.rcu.readUnlock(cpu)
    yield* remoteFlushOrZap(cpu, vm, flush)
    if (side === READ) yield* condReschedRwlockRead(cpu, vm, NO_GFN)
    else yield* condReschedRwlockWrite(cpu, vm, NO_GFN)
    yield* nx.rcu.readLock(cpu)
    flush = false
  }
  cpu.count(COUNTER.nx_batch, done)
  yield* nx.rcu.readUnlock(cpu)
  yield* remoteFlushOrZap(cpu, vm, flush)
  if (side === READ) yield* vm.mmuLock.readUnlock(cpu)
  else yield* vm.mmuLock.writeUnlock(cpu)
  return done
}
