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
import { condReschedRwlockWrite } from '../resched.ts'
import { BUSY } from '../variants/busy.ts'
import type { Vm } from '../vm.ts'

/**
 * v2 of the series that 6.18 took: the worker holds mmu_lock for read, and yields it with cond_resched_rwlock_write().
 *
 *   another CPU                            worker
 *   -----------                            ------
 *                                          N3 readers 1
 *   waits to write
 *                                          N10 write_unlock: no writer to take away, the reader stays forever
 *                                          write_lock: waits for that reader
 */
export const B_SIDE = variant({
  name: 'B-SIDE',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1.v2bug',
  says: 'the worker holds mmu_lock for read and yields it as if for write',
  caughtBy: ['stall', 'lock_wrong_side'],
  load: { ...BUSY, notifiers: '1' },
  replaces: { recoverNxHugePages: yieldAsIfForWrite },
})

function* yieldAsIfForWrite(cpu: Cpu, vm: Vm, mmu: Mmu, toZap: number): Steps<number> {
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
    // Unlinked tables cannot be freed before the RCU section ends, and the TLBs are flushed by then.
    yield* remoteFlushOrZap(cpu, vm, flush)
    yield* nx.rcu.readUnlock(cpu)
    yield* condReschedRwlockWrite(cpu, vm, NO_GFN)
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
