import type { Cpu } from '../../shared-memory/cpu.ts'
import type { TdpIter } from '../../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { assertProgress } from '../oracles.ts'
import { condReschedRwlockRead, condReschedRwlockWrite } from '../resched.ts'
import { BUSY } from '../variants/busy.ts'
import type { Vm } from '../vm.ts'

/**
 * Before commit 3a0f64de479c: a yield restarts the walk at once, and the head of the loop steps on from there. Where the walk
 * goes down again nothing is lost; where the entries of the root are all that is visited, as when a root is zapped, the
 * entry that was next is passed over.
 *
 *   another CPU                            who zaps a root
 *   -----------                            ---------------
 *   waits for mmu_lock
 *                                          Z1 at entry k: drops it, restarts at k
 *                                          Z5 goes on to k+1; k is never zapped, and the root is freed
 */
export const B_ITER = variant({
  name: 'B-ITER',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'broken',
  reference: 's1, before 3a0f64de479c',
  says: 'a walk that has yielded steps on from where it restarted',
  caughtBy: ['skipped_leaf'],
  load: { ...BUSY, roots: '2', 'keep-roots': 'no', 'leave-root-every': '50', notifiers: '1', spread: '4' },
  replaces: { tdpMmuIterCondResched: restartAtOnce },
})

function* restartAtOnce(cpu: Cpu, vm: Vm, iter: TdpIter, flush: boolean, shared: boolean): Steps<boolean> {
  const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
  if (!needbreak && !cpu.needResched()) return false
  if (iter.nextLastLevelGfn === iter.yieldedGfn) {
    cpu.count(COUNTER.yield_suppressed_progress, 1)
    return false
  }
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_yield)
  assertProgress(cpu, vm, iter.nextLastLevelGfn)
  yield* vm.pages.rcuReadUnlock(cpu)
  if (shared) yield* condReschedRwlockRead(cpu, vm, iter.gfn)
  else yield* condReschedRwlockWrite(cpu, vm, iter.gfn)
  yield* vm.pages.rcuReadLock(cpu)
  yield* iter.restart(cpu)
  return true
}
