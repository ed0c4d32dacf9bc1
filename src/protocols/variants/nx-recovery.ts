import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V5_11, V5_12, V5_15, V6_12, V6_18 } from '../kernels.ts'
import { SHADOW, TDP } from '../nx/mmu-pages.ts'
import type { Vm } from '../vm.ts'

// System 1: recovery of NX huge pages. The variants that are correct, or were shipped.

export const AS_5_11 = variant({
  name: 'v5.11',
  subject: 'nx-recovery',
  on: V5_11,
  kind: 'good',
  reference: 's1.5_11',
  says: 'mmu_lock is a spinlock; a page is zapped as a range of gfns, which may yield; the flush that this requires is ignored',
  replaces: {},
})

export const WRITE_LOCK = variant({
  name: 'write-lock',
  subject: 'nx-recovery',
  on: V5_12,
  kind: 'good',
  reference: 's1.5_12, after the mail',
  says: 'mmu_lock for write; a range of gfns, which may not yield; tearing down a page table flushes separately',
  objections: ['skipped_leaf'],
  replaces: {},
})

export const WRITE_LOCK_5_15 = variant({
  name: 'write-lock-5.15',
  subject: 'nx-recovery',
  on: V5_15,
  kind: 'good',
  reference: 'v5.15, before 3a0f64de479c and 7533377215b6',
  says: 'the same; and an unmap may yield in a root to which it holds no reference, and skip an entry',
  objections: ['root_use_after_free', 'skipped_leaf'],
  replaces: {},
})

export const WRITE_LOCK_SINGLE = variant({
  name: 'write-lock-single',
  subject: 'nx-recovery',
  on: V6_12,
  kind: 'good',
  reference: 'v6.17',
  says: 'mmu_lock for write; only the page, and one flush before the lock is dropped',
  replaces: {},
})

export const READ_LOCK = variant({
  name: 'read-lock',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'good',
  reference: 's1.6_18, a57750909580',
  says: 'mmu_lock for read and tdp_mmu_pages_lock; only the page, by CAS; a list for each MMU',
  replaces: {},
})

export const TWO_LISTS = variant({
  name: 'two-lists',
  subject: 'nx-recovery',
  on: V6_18,
  kind: 'good',
  reference: 's1.two_lists, Sean Christopherson in the mail',
  says: 'v6.17 with a list for each MMU: first all of the shadow MMU, then the TDP MMU with the rest of the round',
  replaces: { nxHugePageRecoveryWorker: shadowFirst, recoverNxHugePages: V6_12.kvm.recoverNxHugePages },
})

/** Sean Christopherson's idea, which he rejected: the TDP MMU gets the part of the round that the shadow MMU leaves. */
function* shadowFirst(cpu: Cpu, vm: Vm, ratio: number): Steps<void> {
  const idx = yield* vm.srcu.readLock(cpu)
  const nrShadow = yield* vm.nx!.lists[SHADOW].nr(cpu)
  const nrTdp = yield* vm.nx!.lists[TDP].nr(cpu)
  const share = ratio === 0 ? 0 : Math.ceil((nrShadow + nrTdp) / ratio)
  const done = yield* vm.kvm.recoverNxHugePages(cpu, vm, SHADOW, share)
  yield* vm.kvm.recoverNxHugePages(cpu, vm, TDP, share - done)
  yield* vm.srcu.readUnlock(cpu, idx)
}
