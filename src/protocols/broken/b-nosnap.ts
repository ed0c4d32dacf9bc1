import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * The reload asks whether an invalidation is in progress, and not whether one has ended since it looked the page up.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   P6 old pfn, the PTE has not changed
 *                                          S1 .. S9
 *                                          changes the PTE, frees the page
 *                                          E1 .. E7
 *   P7, P8 nothing in progress
 *   writes the address of the freed page
 */
export const B_NOSNAP: Rules = { ...PRECHECK, apic: { ...PRECHECK.apic, isStale: isInProgress } }

function* isInProgress(cpu: Cpu, vm: Vm): Steps<boolean> {
  const { gfn } = vm.apic!
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  if (inProgress === 0) return false
  const start = yield* cpu.read(vm.invalidateRangeStart)
  const end = yield* cpu.read(vm.invalidateRangeEnd)
  return gfn >= start && gfn < end
}
