import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Lock } from '../../shared-memory/locks/lock.ts'
import { isExecutable, isValid, S2_W, S2_X } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V5_15, V6_5, V6_18 } from '../kernels.ts'
import { type FaultResult, RETRY, SPURIOUS } from '../page-fault.ts'
import { trySetPte, walkToLeaf } from '../stage2/fault.ts'
import { icacheInvalAllPou, icacheInvalPou } from '../stage2/icache.ts'
import { assertMayAllocate, assertMaySleep } from '../stage2/oracles.ts'
import type { Stage2Fault } from '../stage2/page-fault.ts'
import type { Stage2Vm } from '../vm.ts'

// System 2: I-cache maintenance when execute permission is added. Good ones.

export const RANGED = variant({
  name: 'ranged',
  subject: 'icache',
  on: V6_5,
  kind: 'good',
  reference: 's2.base, v6.2 to v6.6',
  says: 'faults in parallel, and each invalidates by line, however large the block',
  replaces: {},
})

export const THRESHOLD = variant({
  name: 'threshold',
  subject: 'icache',
  on: V6_18,
  kind: 'good',
  reference: 's2.final, v6.7, 909b583f81b5',
  says: 'by line up to MAX_DVM_OPS lines, else the whole I-cache at once',
  replaces: {},
})

export const SERIAL = variant({
  name: 'serial',
  subject: 'icache',
  on: V5_15,
  kind: 'good',
  reference: 's2.serial, before v6.2',
  says: 'by line, and faults exclude each other: the second finds the permission there',
  replaces: {},
})

/** Under mmu_lock it may neither sleep nor allocate. */
export const INTERVAL_TREE = variant({
  name: 'interval-tree',
  subject: 'icache',
  on: V6_5,
  kind: 'good',
  reference: 's2.gavin, Gavin Shan',
  says: 'by line, and a vCPU that finds its range in service bails out; the ranges are guarded by a mutex, under mmu_lock',
  objections: ['sleep_in_atomic', 'alloc_in_atomic'],
  replaces: { invalidateIcacheGuestPage: invalidateIfAloneAsleep },
})

function* invalidateIfAloneAsleep(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  const { mutex } = vm.stage2.faultRanges
  assertMaySleep(cpu, vm, fault.gfn)
  assertMayAllocate(cpu, vm, fault.gfn)
  yield* cpu.work(WORK_KIND.kmalloc, 1)
  return yield* invalidateIfAlone(cpu, vm, fault, mutex)
}

/** As Marc's questions would have it: the node on the stack, and a lock that spins. */
export const INTERVAL_TREE_STACK = variant({
  name: 'interval-tree-stack',
  subject: 'icache',
  on: V6_5,
  kind: 'good',
  reference: 's2.gavin as Marc Zyngier requested it',
  says: 'the same with a spinlock, and the range on the stack',
  replaces: { invalidateIcacheGuestPage: invalidateIfAloneSpinning },
})

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
  yield* icacheInvalPou(cpu, vm, fault)
  yield* lock.acquire(cpu)
  yield* faultRanges.remove(cpu)
  yield* lock.release(cpu)
  return true
}

export const FULL_IF_GT_PAGE = variant({
  name: 'full-if-gt-page',
  subject: 'icache',
  on: V6_5,
  kind: 'good',
  reference: 's2.full_if_gt_page, Gavin Shan',
  says: 'the whole I-cache for anything larger than a page',
  replaces: { invalidateIcacheGuestPage: allIfMoreThanPage },
})

function* allIfMoreThanPage(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  if (fault.pages > 1) yield* icacheInvalAllPou(cpu, vm, fault)
  else yield* icacheInvalPou(cpu, vm, fault)
  return true
}

export const FULL = variant({
  name: 'full',
  subject: 'icache',
  on: V6_5,
  kind: 'good',
  reference: 's2, Marc Zyngier',
  says: 'the whole I-cache, always',
  replaces: { invalidateIcacheGuestPage: allAlways },
})

function* allAlways(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  yield* icacheInvalAllPou(cpu, vm, fault)
  return true
}

export const RECHECK = variant({
  name: 'recheck',
  subject: 'icache',
  on: V6_5,
  kind: 'good',
  reference: 's2.recheck',
  says: 'by line, but reads the entry again just before, and does without if it has changed',
  replaces: { stage2AttrWalker: recheckThenInvalidate },
})

function* recheckThenInvalidate(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  const old = yield* walkToLeaf(cpu, vm, fault)
  if (!isValid(old)) return RETRY
  const now = old | (fault.isExec ? S2_X : S2_W)
  if (now === old) return SPURIOUS
  const becomesExecutable = isExecutable(now) && !isExecutable(old)
  if (becomesExecutable) {
    const again = yield* cpu.load(fault.ptep)
    if (again !== old) {
      // The permission that is there was published after an invalidation of the same memory.
      cpu.count(COUNTER.icache_skipped, 1)
      return RETRY
    }
    const served = yield* vm.kvm.invalidateIcacheGuestPage(cpu, vm, fault)
    if (!served) return RETRY
  }
  const result = yield* trySetPte(cpu, vm, fault, old, now)
  if (becomesExecutable && result === RETRY) cpu.count(COUNTER.icache_wasted, 1)
  return result
}
