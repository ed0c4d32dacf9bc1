import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import { isExecutable, isTable, isValid, S2_W, S2_X, tableOf } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { pfnOfPte } from '../host-mm.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { assertNoMemslot } from '../memslots/oracles.ts'
import { EMULATE, type FaultResult, FIXED, RETRY, SPURIOUS } from '../page-fault.ts'
import type { Stage2Vm } from '../vm.ts'
import { assertInvalidatedIfPublished, enterAtomic, icacheOfBefore, leaveAtomic } from './oracles.ts'
import type { Stage2Fault } from './page-fault.ts'

/** `RWSEM_READER_BIAS`. */
const MMAP_READER = 0x100

/** A: `user_mem_abort()`, arch/arm64/kvm/mmu.c, since v6.2 (1577cb5823ce): faults in parallel. One try: on RETRY, which is -EAGAIN there, the guest executes the instruction again. */
export function* userMemAbort(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  cpu.count(COUNTER.pf_taken, 1)
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  if (fault.slot === NO_MEMSLOT) {
    assertNoMemslot(cpu, vm, fault.gfn)
    return EMULATE
  }
  const isPermission = fault.faultPages > 0
  if (!isPermission || fault.isLogged) yield* vm.stage2.tables.topup(cpu)
  yield* lookUp(cpu, vm, fault)

  yield* vm.mmuLock.readLock(cpu)
  const result = yield* fixUnderLock(cpu, vm, fault)
  yield* vm.host.release(cpu, fault.pfn)
  yield* vm.mmuLock.readUnlock(cpu)
  return countResult(cpu, result)
}

export function countResult(cpu: Cpu, result: FaultResult): FaultResult {
  if (result === FIXED) cpu.count(COUNTER.pf_fixed, 1)
  else if (result === SPURIOUS) cpu.count(COUNTER.pf_spurious, 1)
  return result
}

/** A2, A3: how large a mapping it is to be, and the page. */
export function* lookUp(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<void> {
  const { tables, mmapLockCount } = vm.stage2
  // mmap_read_lock(), and mmap_read_unlock() below: the fast paths of a lock that only readers take here.
  if (mmapLockCount !== undefined) yield* cpu.add(mmapLockCount, MMAP_READER)
  fault.seq = yield* cpu.read(vm.invalidateSeq)
  // The sequence is read before the pfn. In the kernel the release of mmap_lock sees to that; a VM need not have one here.
  // Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)
  if (mmapLockCount !== undefined) yield* cpu.sub(mmapLockCount, MMAP_READER)
  const page = yield* vm.memslots.hostPage(cpu, fault.slot, fault.gfn)
  const head = vm.host.head(page)
  const isBlock = !fault.isLogged && vm.host.isHuge(page) && (fault.gfn - page - tables.baseGfn) % tables.entries === 0
  fault.pages = isBlock ? tables.entries : 1
  fault.first = isBlock ? tables.firstGfnOf(tables.blockOf(fault.gfn)) : fault.gfn
  fault.hostPage = isBlock ? head : page
  fault.hostPte = yield* vm.host.faultin(cpu, fault.hostPage)
  fault.pfn = pfnOfPte(fault.hostPage, fault.hostPte)
}

/** A6, A7: with mmu_lock held. */
export function* fixUnderLock(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  enterAtomic(cpu, vm)
  const result = yield* fix(cpu, vm, fault)
  leaveAtomic(cpu, vm)
  return result
}

function* fix(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  const stale = yield* vm.kvm.invalidateRetry(cpu, vm, fault.seq)
  if (stale) {
    cpu.count(COUNTER.retry_stale_locked, 1)
    return RETRY
  }
  if (fault.faultPages === fault.pages) return yield* vm.kvm.stage2RelaxPerms(cpu, vm, fault)
  yield* cpu.work(WORK_KIND.map_spte, 1)
  return yield* vm.kvm.stage2Map(cpu, vm, fault)
}

/**
 * A8 to A11: `kvm_pgtable_stage2_relax_perms()`, arch/arm64/kvm/hyp/pgtable.c: adds the permissions that the access needs to an
 * existing entry. Only this CPU is flushed: permissions only grow, and a CPU with fewer cached permissions faults again. The flush
 * also happens if another CPU was faster, as this CPU may hold the old entry; until v6.6 it did not, which cost one more fault.
 */
export function* stage2RelaxPerms(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  const result = yield* vm.kvm.stage2AttrWalker(cpu, vm, fault)
  if (result === RETRY) cpu.count(COUNTER.relax_eagain, 1)
  yield* flushLocal(cpu, vm, fault)
  return result
}

/**
 * A8 to A10: `stage2_attr_walker()`, arch/arm64/kvm/hyp/pgtable.c: no CPU may fetch through the entry before its I-cache
 * is invalidated.
 */
export function* stage2AttrWalker(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  const old = yield* walkToLeaf(cpu, vm, fault)
  if (!isValid(old)) return RETRY
  const now = old | (fault.isExec ? S2_X : S2_W)
  if (now === old) return SPURIOUS
  const becomesExecutable = isExecutable(now) && !isExecutable(old)
  if (becomesExecutable) {
    const served = yield* vm.kvm.invalidateIcacheGuestPage(cpu, vm, fault)
    if (!served) return RETRY
  }
  const result = yield* trySetPte(cpu, vm, fault, old, now)
  if (becomesExecutable && result === RETRY) cpu.count(COUNTER.icache_wasted, 1)
  return result
}

/** A8: finds the entry that translates the gfn and stores it in the fault; returns its value. */
export function* walkToLeaf(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<number> {
  const { tables } = vm.stage2
  fault.ptep = tables.blockEntry(fault.gfn)
  const block = yield* cpu.loadAcquire(fault.ptep)
  if (!isTable(block)) return block
  fault.ptep = tables.pageEntry(tableOf(block), fault.gfn)
  return yield* cpu.loadAcquire(fault.ptep)
}

/** A10: `stage2_try_set_pte()`. A vCPU that loses has changed nothing. */
export function* trySetPte(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, old: number, now: number): Steps<FaultResult> {
  const icacheOf = icacheOfBefore(cpu, vm, fault)
  const was = yield* cpu.cas(fault.ptep, old, now)
  if (was !== old) return RETRY
  cpu.count(COUNTER.stage2_relaxed, 1)
  if (isExecutable(now) && !isExecutable(old)) assertInvalidatedIfPublished(cpu, vm, fault, icacheOf, FIXED)
  return FIXED
}

/** A11: `__kvm_tlb_flush_vmid_ipa_nsh()`: this CPU drops its cached translation of the IPA. No broadcast. */
export function* flushLocal(cpu: Cpu, vm: Stage2Vm, { gfn, vcpu }: Stage2Fault): Steps<void> {
  cpu.count(COUNTER.tlb_flush_local_current, 1)
  yield* cpu.work(WORK_KIND.tlbi_local, 1)
  const at = vcpu.tlb.find(gfn, vm.stage2.tables.blockOf(gfn))
  if (at >= 0) vcpu.tlb.drop(at)
}
