import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Vm } from '../vm.ts'

// What v6.8 has, and v6.12 no longer.

/**
 * `rwlock_needbreak()`, include/linux/sched.h, to v6.10: whether the kernel is preemptible is asked of its configuration. One with
 * PREEMPT_DYNAMIC is, and yields on contention even if it was booted with preempt=none or voluntary.
 */
export function* rwlockNeedbreak(cpu: Cpu, vm: Vm): Steps<boolean> {
  return yield* vm.mmuLock.isContended(cpu)
}
