import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'
import { flushTlbCurrent, releasePage, requestReload, reRequest, writeAddress } from './reload.ts'

// System 4: the APIC-access page moves. The variants that are correct; PRECHECK is s4.6_6 as it stands.

/** s4.6_5: 878940b33d76, 0a8a5f2c8c26, 0a3869e14d4a. The reload still ends with a flush of its own. */
export const DOUBLE_FLUSH: Rules = { ...PRECHECK, apic: { ...PRECHECK.apic, written: flushTlbCurrent } }

/** s4.bail: the reload says that the entry is to be given up, and nothing more is prepared for it. */
export const BAIL: Rules = { ...PRECHECK, apic: { ...PRECHECK.apic, retry: reRequestAndBail } }

function* reRequestAndBail(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  yield* reRequest(cpu, vm, vcpu)
  return false
}

/** s4.pin: the VM holds a reference, so the page never moves. No notifier concerns it. */
export const PINNED: Rules = { ...PRECHECK, apic: { ...PRECHECK.apic, unmapped: leaveAlone, isPinned: true } }

function* leaveAlone(_cpu: Cpu, _vm: Vm, flush: boolean): Steps<boolean> {
  return flush
}

/**
 * s4.5_15: the request comes from ->invalidate_range(), which core mm calls when the PTE has changed; whoever looks the page up
 * after that finds the new one, so the reload checks nothing.
 */
export const INVALIDATE_RANGE: Rules = {
  ...PRECHECK,
  apic: { ...PRECHECK.apic, unmapped: leaveAlone, invalidateRange: requestReloadNow, setAddress: setAddressAtOnce },
}

function* requestReloadNow(cpu: Cpu, vm: Vm): Steps<void> {
  yield* requestReload(cpu, vm, false)
}

function* setAddressAtOnce(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<boolean> {
  const own = vm.apic!.of(vcpu)
  yield* writeAddress(cpu, own)
  yield* flushTlbCurrent(cpu, vm, vcpu)
  yield* releasePage(cpu, vm, own)
  return true
}
