import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Nx } from '../nx/nx.ts'
import { flushOrZap } from '../nx/recovery.ts'
import { BUSY } from '../variants/nx-recovery.ts'
import type { Vm } from '../vm.ts'

/**
 * The worker leaves RCU before it flushes. A grace period waits for software that walks page tables, and for nothing else: the
 * hardware is stopped by the flush.
 *
 *   vCPU                          worker                          who moves RCU on
 *   ----                          ------                          ----------------
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
  replaces: { nx: { ...V6_18.kvm.nx, flushAndLeaveRcu: leaveRcuAndFlush } },
})

function* leaveRcuAndFlush(cpu: Cpu, vm: Vm, nx: Nx, flush: boolean): Steps<void> {
  yield* nx.rcu.readUnlock(cpu)
  yield* flushOrZap(cpu, vm, nx, flush)
}
