import type { Cpu } from '../../shared-memory/cpu.ts'
import { RMB } from '../../shared-memory/cpu.ts'
import { LEVEL_2M, roundForLevel } from '../../shared-memory/page-tables/spte.ts'
import type { TdpIter } from '../../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertRetryHasCause } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { countStale, faultinPfn, invalidSlot, noSlot, releasePfn } from '../fault.ts'
import { variant } from '../kernel.ts'
import { V6_5, V6_8 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { CONTINUE, type Fault, type FaultResult, PF_INVALID, RETRY } from '../page-fault.ts'
import type { Vm } from '../vm.ts'
import { tdpMmuIterCondResched } from '../zap.ts'

// System 0: page faults against MMU notifiers. The variants that are correct.

export const NO_PRECHECK = variant({
  name: 'no-precheck',
  subject: 'precheck',
  on: V6_5,
  kind: 'good',
  reference: 's0.base, v6.5',
  says: 'a fault learns under mmu_lock that it must retry; a contended zapper yields',
  replaces: {},
})

export const PRECHECK = variant({
  name: 'precheck',
  subject: 'precheck',
  on: V6_8,
  kind: 'good',
  reference: 's0.final, v6.8, d02c357e5bfa',
  says: 'checks for an invalidation before and after the pfn lookup, without mmu_lock; still checks under it',
  replaces: {},
})

function* neverNeedbreak(): Steps<boolean> {
  return false
}

export const NO_YIELD = variant({
  name: 'no-yield',
  subject: 'precheck',
  on: V6_5,
  kind: 'good',
  reference: 's0.noyield, preempt=voluntary since v6.11',
  says: 'no pre-check, and the zapper keeps mmu_lock to the end',
  replaces: { rwlockNeedbreak: neverNeedbreak },
})

export const LOOP = variant({
  name: 'loop',
  subject: 'precheck',
  on: V6_8,
  kind: 'good',
  reference: 's0.loop_prefault',
  says: 'retries in the kernel instead of entering the guest again',
  replaces: { mmuPageFault: loopUntilFixed },
})

/** As KVM_PRE_FAULT_MEMORY does: until it is fixed, or a signal comes. */
function* loopUntilFixed(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  for (;;) {
    const result = yield* vm.kvm.mmuDoPageFault(cpu, vm, fault)
    if (result !== RETRY || cpu.signalPending()) return result
    assertRetryHasCause(cpu, vm, fault, true)
  }
}

export const TRYLOCK = variant({
  name: 'trylock',
  subject: 'precheck',
  on: V6_5,
  kind: 'good',
  reference: 's0.trylock, Xu Yilun',
  says: 'spins on read_trylock instead of queueing, so the zapper sees no contention',
  replaces: { tdpMmuPageFault: tdpMmuPageFaultByTrylock },
})

function* tdpMmuPageFaultByTrylock(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  const fast = yield* vm.kvm.fastPageFault(cpu, vm, fault)
  if (fast !== PF_INVALID) return fast
  yield* vm.tables.topup(cpu)
  const faultedIn = yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
  if (faultedIn !== CONTINUE) return faultedIn

  let result: FaultResult = RETRY
  for (;;) {
    const taken = yield* vm.mmuLock.tryReadLock(cpu)
    if (taken) break
    yield* cpu.pause()
  }
  const stale = yield* vm.kvm.isPageFaultStale(cpu, vm, fault)
  if (stale) countStale(cpu, fault)
  else result = yield* vm.kvm.tdpMmuMap(cpu, vm, fault)
  yield* releasePfn(cpu, vm, fault)
  yield* vm.mmuLock.readUnlock(cpu)
  return result
}

export const COARSE_YIELD = variant({
  name: 'coarse-yield',
  subject: 'precheck',
  on: V6_5,
  kind: 'good',
  reference: 's0.coarse, Yan Zhao',
  says: 'no pre-check; the zapper yields at most once per 2 MiB',
  replaces: { tdpMmuIterCondResched: yieldEvery2M },
})

/** Only where the walk enters another 2 MiB, but for a reschedule. */
function* yieldEvery2M(cpu: Cpu, vm: Vm, iter: TdpIter, flush: boolean, shared: boolean): Steps<boolean> {
  if (iter.gfn !== roundForLevel(iter.gfn, LEVEL_2M) && !cpu.needResched()) return false
  return yield* tdpMmuIterCondResched(cpu, vm, iter, flush, shared)
}

export const PRECHECK_AFTER_PFN = variant({
  name: 'precheck-after-pfn',
  subject: 'precheck',
  on: V6_8,
  kind: 'good',
  reference: 's0.v3',
  says: 'the pre-check only after the pfn lookup',
  replaces: { mmuFaultinPfn: faultinPfnThenCheck },
})

function* faultinPfnThenCheck(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)

  if (fault.slot === NO_MEMSLOT) return noSlot(cpu, vm, fault)
  const invalid = yield* vm.memslots.isInvalid(cpu, fault.slot)
  if (invalid) return invalidSlot(cpu, fault)

  yield* faultinPfn(cpu, vm, fault)
  const late = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
  if (late) {
    yield* releasePfn(cpu, vm, fault)
    cpu.count(COUNTER.retry_precheck_after_pfn, 1)
    return RETRY
  }
  fault.prechecked = true
  return CONTINUE
}
