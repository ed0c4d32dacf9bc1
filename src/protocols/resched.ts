import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertFlushed, assertMayBlock } from './assertions.ts'
import { COUNTER } from './counters.ts'
import type { Vm } from './vm.ts'

/**
 * `rwlock_needbreak()`, include/linux/spinlock.h, since v6.11 (c793a62823d1): contention alone makes a holder yield only if the kernel is
 * preemptible as it was booted. Before, a kernel with PREEMPT_DYNAMIC was so by its configuration.
 */
export function* rwlockNeedbreak(cpu: Cpu, vm: Vm): Steps<boolean> {
  if (!vm.preemptible) return false
  return yield* vm.mmuLock.isContended(cpu)
}

/** `cond_resched_rwlock_read()`: the same on the other side. */
export function* condReschedRwlockRead(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<boolean> {
  const dropped = yield* mustDrop(cpu, vm, gfn)
  if (!dropped) return false
  yield* vm.mmuLock.readUnlock(cpu)
  if (!cpu.needResched()) yield* cpu.pause()
  yield* vm.mmuLock.readLock(cpu)
  return true
}

/**
 * `cond_resched_rwlock_write()`: drops mmu_lock if another task waits for it or the scheduler wants the CPU, and takes it
 * again, behind every task that queued meanwhile. Returns whether it was dropped. The caller has flushed.
 */
export function* condReschedRwlockWrite(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<boolean> {
  const dropped = yield* mustDrop(cpu, vm, gfn)
  if (!dropped) return false
  yield* vm.mmuLock.writeUnlock(cpu)
  if (!cpu.needResched()) yield* cpu.pause()
  yield* vm.mmuLock.writeLock(cpu)
  return true
}

function* mustDrop(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<boolean> {
  const resched = cpu.needResched()
  const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
  if (!resched && !needbreak) {
    cpu.count(COUNTER.yield_no_drop, 1)
    return false
  }
  cpu.count(resched ? COUNTER.yield_need_resched : COUNTER.yield_needbreak, 1)
  assertFlushed(cpu, vm, gfn)
  assertMayBlock(cpu, vm, gfn)
  return true
}
