import type { Gfn, Pfn } from '../../shared-memory/addresses.ts'
import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import { isLocked, pfnOfStage2 } from '../../shared-memory/page-tables/stage2-pte.ts'
import { hostPageOfPfn, isPresent, pfnOfPte } from '../host-mm.ts'
import { ORACLE } from '../oracles.ts'
import { type FaultResult, FIXED, SPURIOUS } from '../page-fault.ts'
import type { Stage2Vm } from '../vm.ts'
import type { Stage2Fault } from './page-fault.ts'

// Oracles of system 2. As in oracles.ts: they read with `cpu.peek`, and take no step.

/** mmu_lock is taken for a fault: preemption is off until it is released. */
export function enterAtomic(cpu: Cpu, vm: Stage2Vm): void {
  vm.local[cpu.id]!.isAtomic = true
}

export function leaveAtomic(cpu: Cpu, vm: Stage2Vm): void {
  vm.local[cpu.id]!.isAtomic = false
}

/** I2.5: `might_sleep()`. It complains whether the lock is free or not. */
export function assertMaySleep(cpu: Cpu, vm: Stage2Vm, gfn: Gfn): void {
  if (vm.config.oracles && vm.local[cpu.id]!.isAtomic) cpu.violation(ORACLE.sleep_in_atomic, gfn)
}

/** I2.5: an allocation with GFP_KERNEL. */
export function assertMayAllocate(cpu: Cpu, vm: Stage2Vm, gfn: Gfn): void {
  if (vm.config.oracles && vm.local[cpu.id]!.isAtomic) cpu.violation(ORACLE.alloc_in_atomic, gfn)
}

/** The I-caches were invalidated for the memory that the fault maps, in its state since the fault looked it up. */
export function noteInvalidated(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): void {
  if (vm.config.oracles) cpu.poke(vm.stage2.icacheOf(fault.first), fault.hostPte)
}

/** I2.1, before an entry is changed by CAS: the memory for which the I-caches were invalidated last. */
export function icacheOfBefore(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): number {
  return vm.config.oracles ? cpu.peek(vm.stage2.icacheOf(fault.first)) : 0
}

/** I2.1, after it: an entry that became executable did so after the invalidation. */
export function assertInvalidatedIfPublished(
  cpu: Cpu,
  vm: Stage2Vm,
  fault: Stage2Fault,
  icacheOf: number,
  result: FaultResult,
): void {
  if (!vm.config.oracles || result !== FIXED) return
  if (icacheOf !== fault.hostPte) cpu.violation(ORACLE.exec_before_icache, fault.gfn)
}

/** I2.1, for an entry that no other CPU can change meanwhile. */
export function assertInvalidated(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): void {
  assertInvalidatedIfPublished(cpu, vm, fault, icacheOfBefore(cpu, vm, fault), FIXED)
}

/** `stage2_make_pte()`: about to be made, so no other CPU may change it meanwhile. */
export function assertLocked(cpu: Cpu, vm: Stage2Vm, gfn: Gfn, ptep: Word): void {
  if (vm.config.oracles && !isLocked(cpu.peek(ptep))) cpu.violation(ORACLE.pte_not_locked, gfn)
}

/** A leaf was made of `gfn`: it leads to the page that the memslot says. */
export function assertOwnPage(cpu: Cpu, vm: Stage2Vm, gfn: Gfn, pfn: Pfn): void {
  if (vm.config.oracles && hostPageOfPfn(pfn) !== vm.memslots.hostPageAtStart(gfn))
    cpu.violation(ORACLE.wrong_page, gfn)
}

/** TLBIs for the mappings of a table of pages, before it is unlinked. */
export function flushesBefore(cpu: Cpu, vm: Stage2Vm, gfn: Gfn): number {
  return vm.config.oracles ? cpu.peek(vm.stage2.tlbEpoch(gfn)) : 0
}

/** A table is about to be freed: no CPU's walk may lead to it any more. */
export function assertTableFlushed(cpu: Cpu, vm: Stage2Vm, gfn: Gfn, before: number): void {
  if (vm.config.oracles && cpu.peek(vm.stage2.tlbEpoch(gfn)) === before) cpu.violation(ORACLE.free_before_flush, gfn)
}

/** The host's entry behind a leaf, at this moment. */
export function hostPteBehind(cpu: Cpu, vm: Stage2Vm, pte: number): number {
  return vm.config.oracles ? vm.host.peekPte(cpu, hostPageOfPfn(pfnOfStage2(pte))) : 0
}

/** Checks the translation at `at` of the vCPU's TLB: the oracle to report, or none. */
export const NO_DOUBT = -1

export function doubtAbout(cpu: Cpu, vm: Stage2Vm, { vcpu, isExec }: Stage2Fault, at: number): number {
  if (!vm.config.oracles) return NO_DOUBT
  const pfn = pfnOfStage2(vcpu.tlb.pte(at))
  const page = hostPageOfPfn(pfn)
  const hostPte = vm.host.peekPte(cpu, page)
  if (hostPte !== vcpu.tlb.hostPte(at)) return ORACLE.stale_use
  if (!isPresent(hostPte) || pfnOfPte(page, hostPte) !== pfn) return ORACLE.stale_use
  if (!isExec) return NO_DOUBT
  return cpu.peek(vm.stage2.icacheOf(vcpu.tlb.first(at))) === hostPte ? NO_DOUBT : ORACLE.exec_before_icache
}

/**
 * Liveness: a fault returned `result`, and the access has faulted again. Once is normal; but a fault that repeatedly
 * finds that the entry already allows the access will repeat forever. A fault that retries for an invalidation does not
 * count.
 */
export function assertRefaultEnds(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, result: FaultResult): void {
  if (!vm.config.oracles) return
  fault.refaults = result === SPURIOUS ? fault.refaults + 1 : 0
  if (fault.refaults === MOST_REFAULTS) cpu.violation(ORACLE.refault_unbounded, fault.gfn)
}

const MOST_REFAULTS = 32
