import type { MmuLock } from './contention.ts'
import type { FaultSource } from './fault-source.ts'
import type { Recording } from './recording.ts'

/**
 * How the recorded host maps its guests' memory. SPTEs in EPT's format, exits for EPT or NPT, and faults that report a gfn come
 * from two-dimensional paging. Other SPTEs may come from either kind; then the side on which faults take mmu_lock shows it.
 */
export function mmuOf(
  recording: Recording,
  source: FaultSource | undefined,
  mmuLock: MmuLock | null,
): 'tdp' | 'shadow' | null {
  if (recording.formats.isEpt || recording.tdpExits > 0) return 'tdp'
  if (source === undefined) return recording.kernelAddresses > 0 ? 'shadow' : null
  if (source.event !== 'kvm_mmu_set_spte') return 'tdp'
  const sharesLock = mmuLock?.contention.some(({ role, flags }) => role === 'vcpu' && flags.includes('READ')) ?? false
  return sharesLock ? 'tdp' : 'shadow'
}
