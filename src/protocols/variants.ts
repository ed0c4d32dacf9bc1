import type { Gfn } from '../shared-memory/addresses.ts'
import { type Cpu, RMB } from '../shared-memory/cpu.ts'
import { LEVEL_2M, roundForLevel } from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { RE_REQUEST_RELOAD } from './apic/reload.ts'
import { handlePageFault, releasePfn } from './fault.ts'
import { invalidateBegin, invalidateEnd, invalidateRangeAdd } from './invalidate.ts'
import { COUNT_ELIDE } from './memslots/pairs.ts'
import { NX_READ_LOCK } from './nx/variants.ts'
import { assertRetryHasCause } from './oracles.ts'
import { type Fault, type FaultResult, RETRY } from './page-fault.ts'
import { rwlockNeedbreak } from './resched.ts'
import { isPageFaultStale, precheck } from './retry.ts'
import type { Rules } from './rules.ts'
import { THRESHOLD_ICACHE } from './stage2/icache.ts'
import type { Vm } from './vm.ts'

// System 0: page faults against MMU notifiers. The variants that are correct.

/** A check that is not there. */
export function* never(): Steps<boolean> {
  return false
}

/** A step that is not there. */
export function* nothing(): Steps<void> {}

/** F5. */
export function* snapshotSeq(cpu: Cpu, vm: Vm, fault: Fault): Steps<void> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)
}

function* queueForRead(cpu: Cpu, vm: Vm): Steps<void> {
  yield* vm.mmuLock.readLock(cpu)
}

/** s0.final: upstream since 6.8, commit d02c357e5bfa. Both pre-checks, and the exact check under mmu_lock. */
export const PRECHECK: Rules = {
  pageFault: handlePageFault,
  snapshotBeforePfn: snapshotSeq,
  precheckBeforePfn: precheck,
  snapshotAfterPfn: nothing,
  precheckAfterPfn: precheck,
  releaseAtPrecheck: releasePfn,
  readLock: queueForRead,
  isPageFaultStale,
  needbreak: rwlockNeedbreak,
  invalidateBegin,
  invalidateRangeAdd,
  invalidateEnd,
  icache: THRESHOLD_ICACHE,
  memslots: COUNT_ELIDE,
  apic: RE_REQUEST_RELOAD,
  nx: NX_READ_LOCK,
}

/** s0.v3: only after the pfn has been looked up, as posted in v3 of the series. */
export const PRECHECK_AFTER_PFN: Rules = { ...PRECHECK, precheckBeforePfn: never }

/** s0.base: 6.5. A fault learns under mmu_lock that it must retry. */
export const NO_PRECHECK: Rules = { ...PRECHECK, precheckBeforePfn: never, precheckAfterPfn: never }

/** s0.noyield: 6.5 on a kernel that is not preemptible at run time, since 6.11 honours that. */
export const NO_YIELD: Rules = { ...NO_PRECHECK, needbreak: never }

/** s0.coarse: yields only where the walk enters another 2 MiB. */
export const COARSE_YIELD: Rules = { ...NO_PRECHECK, needbreak: needbreakEvery2M }

function* needbreakEvery2M(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<boolean> {
  if (gfn !== roundForLevel(gfn, LEVEL_2M)) return false
  return yield* rwlockNeedbreak(cpu, vm)
}

/** s0.trylock: spins on read_trylock() instead of queueing, so the zapper does not see that anybody waits. */
export const TRYLOCK: Rules = { ...NO_PRECHECK, readLock: spinForRead }

function* spinForRead(cpu: Cpu, vm: Vm): Steps<void> {
  for (;;) {
    const taken = yield* vm.mmuLock.tryReadLock(cpu)
    if (taken) return
    yield* cpu.pause()
  }
}

/** s0.loop_prefault: retries in the kernel, as KVM_PRE_FAULT_MEMORY does, until it is fixed or a signal comes. */
export const LOOP: Rules = { ...PRECHECK, pageFault: loopUntilFixed }

function* loopUntilFixed(cpu: Cpu, vm: Vm, fault: Fault): Steps<FaultResult> {
  for (;;) {
    const result = yield* handlePageFault(cpu, vm, fault)
    if (result !== RETRY || cpu.signalPending()) return result
    assertRetryHasCause(cpu, vm, fault, true)
  }
}
