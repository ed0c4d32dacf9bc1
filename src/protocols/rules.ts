import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { ApicRules } from './apic/reload.ts'
import type { MemslotRules } from './memslots/rules.ts'
import type { NxRules } from './nx/rules.ts'
import type { Fault, FaultResult } from './page-fault.ts'
import type { IcacheRules } from './stage2/icache.ts'
import type { Vm } from './vm.ts'

/**
 * The places at which the variants of the protocol differ; everything else is the same code for all. A variant is an
 * object of these, usually another variant with one of them replaced. Numbers are the steps of the reference.
 */
export type Rules = {
  /** Around F1 to F14: what becomes of a fault that is to retry. Upstream: back to the guest, which faults again. */
  readonly pageFault: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** F5: the snapshot of mmu_invalidate_seq, before the pfn is looked up, and the barrier between the two. */
  readonly snapshotBeforePfn: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<void>
  /** F7. */
  readonly precheckBeforePfn: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<boolean>
  /** After F8; upstream does nothing here. */
  readonly snapshotAfterPfn: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<void>
  /** F9. */
  readonly precheckAfterPfn: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<boolean>
  /** F9, when it says retry: the page that F8 took. */
  readonly releaseAtPrecheck: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<void>
  /** F10, where faults take mmu_lock for read. */
  readonly readLock: (cpu: Cpu, vm: Vm) => Steps<void>
  /** F11. */
  readonly isPageFaultStale: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<boolean>

  /** Z1: `rwlock_needbreak()`, asked with the lock held, with the walk at `gfn`. */
  readonly needbreak: (cpu: Cpu, vm: Vm, gfn: Gfn) => Steps<boolean>

  /** S5: an invalidation begins, with mmu_lock held for write. */
  readonly invalidateBegin: (cpu: Cpu, vm: Vm) => Steps<void>
  /** S6: of the gfns [start, end). */
  readonly invalidateRangeAdd: (cpu: Cpu, vm: Vm, start: Gfn, end: Gfn) => Steps<void>
  /** E2 to E4: it ends. */
  readonly invalidateEnd: (cpu: Cpu, vm: Vm) => Steps<void>

  /** System 2. */
  readonly icache: IcacheRules
  /** System 3. */
  readonly memslots: MemslotRules
  /** System 4, of a VM with an APIC-access page. */
  readonly apic: ApicRules
  /** System 1. */
  readonly nx: NxRules
}
