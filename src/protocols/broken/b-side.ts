import { type Cpu, WRITE } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Nx } from '../nx/nx.ts'
import { condReschedOnSide } from '../nx/recovery.ts'
import { BUSY } from '../variants/nx-recovery.ts'
import type { Vm } from '../vm.ts'

/**
 * v2 of the series that 6.18 took: the worker holds mmu_lock for read, and yields it with cond_resched_rwlock_write().
 *
 *   another CPU                            worker
 *   -----------                            ------
 *                                          N3 readers 1
 *   waits to write
 *                                          N10 write_unlock: no writer to take away, the reader stays for ever
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
  replaces: { nx: { ...V6_18.kvm.nx, condResched: condReschedWrite } },
})

function* condReschedWrite(cpu: Cpu, vm: Vm, nx: Nx): Steps<void> {
  yield* condReschedOnSide(cpu, vm, nx, WRITE)
}
