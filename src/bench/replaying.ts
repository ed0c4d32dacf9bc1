import type { Group, Replay } from './plan.ts'
import type { RecordedKernel, ReplayedRecording, Run } from './result.ts'

/** A replay that misses its own recording by more than this predicts nothing. */
const MOST_MISS = 3
/** With fewer waits in a recording a share is chance. */
export const FEW_WAITS = 20

/** Adds to the runs of a replay the error of its own variant against the recorded kernel, and what was replayed. */
export function judged(group: Group, runs: readonly Run[]): readonly Run[] {
  const { replay } = group
  if (replay === null) return runs
  const own = group.scenario.recorded ?? group.scenario.headline.at(-1)!
  const ownRun = runs.find(({ variant, trials }) => variant === own && trials.length > 0)
  const alone = isAlone(replay)
  const misses = ownRun === undefined || alone ? null : missesOf(ownRun, replay.kernel, replay.speed)
  const replayed: Omit<ReplayedRecording, 'occurred'> = {
    ...replay.plays,
    own,
    misses,
    predicts: predicts(misses),
    ...(alone ? { isAlone: true } : {}),
  }
  return runs.map((run) => ({ ...run, replayed: { ...replayed, occurred: occurredIn(run) } }))
}

/** Faults that were resolved, a trial. */
const occurredIn = ({ counters, trials }: Run): number =>
  trials.length === 0 ? 0 : Math.round(((counters.pf_fixed ?? 0) + (counters.pf_spurious ?? 0)) / trials.length)

/** One task alone waits for no other; vCPUs that fault under the read lock do not wait for each other. */
function isAlone({ recording: { accesses, invalidations, zaps, memslots }, host }: Replay): boolean {
  const hits = ({ startHvas, endHvas }: (typeof invalidations)[number]) =>
    startHvas.some((start, at) => memslots.some(({ hva, pages }) => start < hva + pages && endHvas[at]! > hva))
  const writers = invalidations.filter(hits).length + zaps.length
  return writers + accesses.length === 1 || (writers === 0 && host.mmu === 'tdp')
}

type Misses = NonNullable<ReplayedRecording['misses']>

/** Each as a factor: the replay over the recording. */
function missesOf(run: Run, kernel: RecordedKernel, speed: string): Misses | null {
  const { faults, waits, waitTotalNs, waitMedianNs } = kernel
  const share = run.metrics.mmu_lock_waits_per_fault?.median
  if (waits === null || waits < FEW_WAITS || share === undefined) return null
  const total = run.metrics.mmu_lock_wait_total_ns?.median
  const median = run.metrics.mmu_lock_wait_p50_ns?.median
  return {
    share: share / (waits / faults),
    // Another speed leaves less time to wait in.
    total:
      speed !== '1' || total === undefined || waitTotalNs === null || waitTotalNs === 0 ? null : total / waitTotalNs,
    median: median === undefined || waitMedianNs === null || waitMedianNs === 0 ? null : median / waitMedianNs,
  }
}

function predicts(misses: Misses | null): boolean | null {
  if (misses === null) return null
  return [misses.share, misses.total].every((miss) => miss === null || isNear(miss))
}

const isNear = (miss: number) => miss <= MOST_MISS && miss >= 1 / MOST_MISS
