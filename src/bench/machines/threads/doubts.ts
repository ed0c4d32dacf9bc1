import { placementsOf } from '../../placements.ts'
import type { Result } from '../../result.ts'
import type { Done, Summary } from '../../summarise.ts'

/** The circumstances in which a group's trials ran. */
export type Circumstances = {
  readonly workers: number
  readonly cores: number
  readonly calibration: Result['calibration']
  /** ns of one turn of the calibrated loop, before and after. */
  readonly turnNs: readonly [before: number, after: number]
  /** The share of the machine's time during the group that a hypervisor gave to others. */
  readonly stealShare: number
  /** 0 of a replay, which takes as long as its recording. */
  readonly expectedMs: number
}

/** Fewer unmaps than this in all trials together are few. */
const FEW_UNMAPS = 30

const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`

/**
 * Warnings about a run's figures, for its footnotes. A figure that differs from run to run comes last, in parentheses,
 * so that a report can merge the same warning of several runs into one line.
 */
export function doubtsOf(
  summary: Summary,
  done: readonly Done[],
  disturbed: number,
  circumstances: Circumstances,
): string[] {
  // Trials for latency have instruments around some locks, which keep notes.
  const compiled = done.filter(({ planned }) => planned.mode === 'throughput')
  const left = new Set(compiled.flatMap(({ trial }) => trial.leftInJavaScript ?? []))
  return [
    ...[...left].map((method) => `could not be compiled, and ran as JavaScript: ${method}`),
    ...(disturbed === 0 ? [] : [`the process stood still during trials, which are not used (${disturbed})`]),
    ...(done.length === 0 ? [] : hostWarnings(circumstances)),
    ...(done.length === 0
      ? []
      : [...lockWarnings(done, circumstances), ...sampleWarnings(summary, done, circumstances)]),
  ]
}

function hostWarnings({ workers, cores, calibration, turnNs, stealShare }: Circumstances): string[] {
  const warnings: string[] = []
  if (workers > cores) {
    warnings.push(
      `more workers than cores: the scheduler affects every figure, and a wait may be a wait for a core (${workers} on ${cores})`,
    )
  }
  const scaling = calibration.two_thread_scaling
  if (scaling !== undefined && scaling < 1.6) {
    warnings.push(
      `two threads did less than 1.6 times the work of one: this host shares its cores with others (${scaling.toFixed(2)})`,
    )
  }
  if (stealShare > 0.01) warnings.push(`the hypervisor gave CPU time to others (steal time) (${percent(stealShare)})`)
  const drift = turnNs[1] / turnNs[0] - 1
  if (Math.abs(drift) > 0.1) {
    warnings.push(`the host became ${percent(Math.abs(drift))} ${drift > 0 ? 'slower' : 'faster'} while the trials ran`)
  }
  return warnings
}

/** With more workers than cores a lock that is handed over in order goes to threads that have no core. */
function lockWarnings(done: readonly Done[], { workers, cores }: Circumstances): string[] {
  const lock = done[0]?.trial.mmuLock
  if (workers <= cores || lock === undefined) return []
  const inOrder = /\b(?<!pv-)qspinlock$/.test(lock)
  const order = ', as on a host: it is handed over in order, even to a worker without a core'
  return [`with more workers than cores the kind of lock matters: mmu_lock was ${lock}${inOrder ? order : ''}`]
}

function sampleWarnings(
  summary: Summary,
  done: readonly Done[],
  { workers, cores, expectedMs }: Circumstances,
): string[] {
  const warnings: string[] = []
  const trials = summary.metrics.elapsed_ns?.n ?? 0
  if (trials < 5) warnings.push(`too few trials for an interval: the range of the trials is shown instead (${trials})`)
  const unmaps = summary.counters.unmap_gfn_range_calls ?? 0
  if (unmaps > 0 && unmaps < FEW_UNMAPS) {
    const longer = expectedMs > 0 ? '--duration' : 'recording'
    warnings.push(`figures per unmap rest on few unmaps: a longer ${longer} gives more (${unmaps})`)
  }
  const shortest = Math.min(...done.map(({ trial }) => trial.durationNs)) / 1e6
  if (expectedMs > 0 && shortest < expectedMs * 0.7) {
    warnings.push(
      `all roles ran for a part of a trial's time only: one ended early, or an operation took long (${shortest.toFixed(0)} of ${expectedMs} ms)`,
    )
  }
  const waited = Math.max(...done.map(({ trial }) => trial.waitedForCpuShare))
  if (workers <= cores && waited > 0.05) {
    warnings.push(
      `workers waited for a CPU although cores were free: other load on the host (${percent(waited)} of a trial)`,
    )
  }
  const placements = placementsOf(done.flatMap(({ trial }) => trial.metrics.hand_over_ns ?? []))
  if (placements.length > 1) {
    const each = placements.map(({ handOverNs }) => handOverNs.toFixed(0)).join(', ')
    warnings.push(
      `the host moved its virtual CPUs: handing a cache line from one to another took longer after some trials than after others (${each} ns)`,
    )
  }
  const noise = summary.noise?.faults_per_second
  if (noise !== undefined && Math.abs(noise.ratio - 1) > 0.05) {
    warnings.push(`the baseline differed from itself in faults/s (${percent(Math.abs(noise.ratio - 1))})`)
  }
  return warnings
}
