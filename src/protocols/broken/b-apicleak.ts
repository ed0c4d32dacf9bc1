import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { ApicVcpu } from '../apic/apic-page.ts'
import { releasePage } from '../apic/reload.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * A reload that must retry returns without dropping the page.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S1 .. S9
 *   P6 takes a reference
 *   P8 must retry, the reference stays
 *   and again, at each pass
 */
export const B_APICLEAK: Rules = { ...PRECHECK, apic: { ...PRECHECK.apic, release: releaseWritten } }

function* releaseWritten(cpu: Cpu, vm: Vm, own: ApicVcpu, stale: boolean): Steps<void> {
  if (!stale) yield* releasePage(cpu, vm, own)
}
