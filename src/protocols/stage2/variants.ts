import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Lock } from '../../shared-memory/locks/lock.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { type FaultResult, RETRY } from '../page-fault.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import { type IcacheRules, invalidateIcache, invalidateThenPublish, THRESHOLD_ICACHE } from './icache.ts'
import { assertMayAllocate, assertMaySleep } from './oracles.ts'
import type { Stage2Fault } from './page-fault.ts'
import type { Stage2, Stage2Vm } from './stage2.ts'

// System 2: I-cache maintenance when execute permission is added. The variants, by what they replace of upstream.

const withIcache = (rules: Partial<IcacheRules>): Rules => ({ ...PRECHECK, icache: { ...THRESHOLD_ICACHE, ...rules } })

/** s2.final: by line up to MAX_DVM_OPS lines, else everything at once. */
export const THRESHOLD: Rules = withIcache({})

/** s2.base: 6.2 to 6.6. By line, however long that takes. */
const byLine = () => false
export const RANGED: Rules = withIcache({ dropsAll: byLine })

/** s2.serial: before 6.2. Faults exclude each other, so the second finds the permission there. */
export const SERIAL: Rules = withIcache({ dropsAll: byLine, faultLock: lockForWrite, faultUnlock: unlockForWrite })

function* lockForWrite(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
}

function* unlockForWrite(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** s2.full_if_gt_page: everything at once for whatever is larger than a page. */
export const FULL_IF_GT_PAGE: Rules = withIcache({
  dropsAll: ({ pageBytes }: Stage2, bytes: number) => bytes > pageBytes,
})

/** Everything at once, always: what Marc asked to compare with. */
export const FULL: Rules = withIcache({ dropsAll: () => true })

/** s2.recheck: by line, but not if somebody else has changed the entry since it was read. */
export const RECHECK: Rules = withIcache({ dropsAll: byLine, makeExecutable: recheckThenInvalidate })

function* recheckThenInvalidate(
  cpu: Cpu,
  vm: Stage2Vm,
  fault: Stage2Fault,
  old: number,
  now: number,
): Steps<FaultResult> {
  const again = yield* cpu.load(fault.ptep)
  if (again !== old) {
    // The permission that is there was published after an invalidation of the same memory.
    cpu.count(COUNTER.icache_skipped, 1)
    return RETRY
  }
  return yield* invalidateThenPublish(cpu, vm, fault, old, now)
}

/** s2.gavin: by line, and whoever finds its range in service bails out. Under mmu_lock it may neither sleep nor allocate. */
export const INTERVAL_TREE: Rules = withIcache({ dropsAll: byLine, icacheInval: invalidateIfAloneAsleep })

function* invalidateIfAloneAsleep(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  const { mutex } = vm.stage2.faultRanges
  assertMaySleep(cpu, vm, fault.gfn)
  assertMayAllocate(cpu, vm, fault.gfn)
  yield* cpu.work(WORK_KIND.kmalloc, 1)
  return yield* invalidateIfAlone(cpu, vm, fault, mutex)
}

/** The same as Marc's questions would have it: the node on the stack, and a lock that spins. */
export const INTERVAL_TREE_STACK: Rules = withIcache({ dropsAll: byLine, icacheInval: invalidateIfAloneSpinning })

function* invalidateIfAloneSpinning(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  return yield* invalidateIfAlone(cpu, vm, fault, vm.stage2.faultRanges.spinlock)
}

/** `invalidate_icache_guest_page()` of the patch: add_fault_range(), the invalidation, remove_fault_range(). */
function* invalidateIfAlone(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, lock: Lock): Steps<boolean> {
  const { faultRanges } = vm.stage2
  yield* lock.acquire(cpu)
  const isAlone = yield* faultRanges.add(cpu, fault.first, fault.end)
  yield* lock.release(cpu)
  if (!isAlone) {
    cpu.count(COUNTER.fault_range_busy, 1)
    return false
  }
  yield* invalidateIcache(cpu, vm, fault)
  yield* lock.acquire(cpu)
  yield* faultRanges.remove(cpu)
  yield* lock.release(cpu)
  return true
}
