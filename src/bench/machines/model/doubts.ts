import { workersOf } from '../../load.ts'
import { type Group, isPlayedInTime } from '../../plan.ts'
import type { Summary } from '../../summarise.ts'

/** Doubts about modelled figures. */
export function doubtsOf({ metrics }: Summary, group: Group): string[] {
  const { profile } = group.modelled!
  const warnings: string[] = []
  const cpus = profile.parameters.cpus!.value
  const workers = workersOf(group)
  if (workers > cpus) warnings.push(`more workers than the machine has CPUs: they share them (${workers} on ${cpus})`)
  if ((metrics.elapsed_ns?.median ?? 1) === 0) {
    const longer = isPlayedInTime(group) ? 'recording' : '--duration'
    warnings.push(`some role never came to the end of an operation in the measured time: take a longer ${longer}`)
  }
  return warnings
}
