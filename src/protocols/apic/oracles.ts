import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { isBeingInvalidated } from '../assertions.ts'
import { pfnOfPte } from '../host-mm.ts'
import { ORACLE } from '../oracles.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'
import type { ApicVcpu } from './apic-page.ts'

// Invariants of the APIC-access page. Pages are distinguished by the generation in the primary MMU's entry, as a page that
// has moved twice is back in its first frame.

/** I4.3: about to write the address into the VMCS, with mmu_lock held for read. */
export function assertApicWrite(cpu: Cpu, vm: Vm, own: ApicVcpu): void {
  if (!vm.config.oracles) return
  const { gfn } = vm.apic!
  const isTakenBack = vm.host.peekPte(cpu, own.hostPage) !== own.hostPte
  if (isTakenBack || isBeingInvalidated(cpu, vm, gfn)) cpu.violation(ORACLE.stale_apic_write, gfn)
}

/** I4.1: no request was pending, and the guest is about to run. */
export function assertApicEntry(cpu: Cpu, vm: Vm, vcpu: Vcpu): void {
  if (vm.config.oracles && isAddressStale(cpu, vm, vcpu)) cpu.violation(ORACLE.stale_apic_entry, vm.apic!.gfn)
}

/** I4.2: the guest has accessed `gfn`, so it runs. If that is its APIC, the page that it was translated to is the one in the VMCS. */
export function assertApicAccess(cpu: Cpu, vm: Vm, vcpu: Vcpu, gfn: Gfn): void {
  if (!vm.config.oracles) return
  const page = vm.apic!
  const own = page.of(vcpu)
  const isOther = gfn === page.gfn && own.isVirtualized && vcpu.tlb.hostPte(gfn) !== cpu.peek(own.addressPte)
  if (isOther || isAddressStale(cpu, vm, vcpu)) cpu.violation(ORACLE.stale_apic_entry, gfn)
}

/** The page has moved, `pte` is its entry since, and the task that moved it expects the old page to be out of use. */
export function apicPageTakenBack(cpu: Cpu, vm: Vm, pte: number): void {
  if (vm.config.oracles) cpu.poke(vm.apic!.oldestUsablePte, pte)
}

/** The bound of repeated reloads without an invalidation: one may have ended while the last was under way. */
const MOST_IDLE_RELOADS = 32

/** I4.6: a reload has to be made again. */
export function assertReloadHasCause(cpu: Cpu, vm: Vm, own: ApicVcpu): void {
  if (!vm.config.oracles) return
  const seq = cpu.peek(vm.invalidateSeq)
  const idle = cpu.peek(vm.invalidateInProgress) === 0 && seq === own.seqAtRetry
  own.seqAtRetry = seq
  own.idleRetries = idle ? own.idleRetries + 1 : 0
  if (own.idleRetries === MOST_IDLE_RELOADS) cpu.violation(ORACLE.retry_unbounded, vm.apic!.gfn)
}

function isAddressStale(cpu: Cpu, vm: Vm, vcpu: Vcpu): boolean {
  const page = vm.apic!
  const own = page.of(vcpu)
  if (!own.isVirtualized) return false
  const pte = cpu.peek(own.addressPte)
  const isOther = cpu.peek(own.address) !== pfnOfPte(own.hostPage, pte)
  return isOther || ((pte - cpu.peek(page.oldestUsablePte)) | 0) < 0
}
