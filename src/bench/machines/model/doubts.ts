import { workersOf } from '../../load.ts'
import { type Group, isPlayedInTime } from '../../plan.ts'
import type { Summary } from '../../summarise.ts'

/** A run that took this many times its measured time is worth a word. */
const LONG = 2

/** Doubts about modelled figures. */
export function doubtsOf({ metrics }: Summary, group: Group): string[] {
  const { profile } = group.modelled!
  const warnings: string[] = []
  const cpus = profile.parameters.cpus!.value
  const workers = workersOf(group)
  if (workers > cpus) warnings.push(`more workers than the machine has CPUs: they share them (${workers} on ${cpus})`)
  if ((metrics.elapsed_ns?.median ?? 1) === 0) {
    const longer = isPlayedInTime(group) ? 'recording' : '--duration'
    warnings.push(`a role did not finish any operation in the measured time: use a longer ${longer}`)
  }
  const elapsedMs = (metrics.elapsed_ns?.median ?? 0) / 1e6
  const { durationMs } = group.modelled!
  if (!isPlayedInTime(group) && elapsedMs > LONG * durationMs) {
    const took = elapsedMs > 1000 ? `${(elapsedMs / 1000).toFixed(1)} s` : `${elapsedMs.toFixed(1)} ms`
    warnings.push(
      `operations that began in the measured time took longer than that, and were modelled until they finished (${took} instead of ${durationMs} ms)`,
    )
  }
  return warnings
}
