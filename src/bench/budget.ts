import { REHEARSAL_NS } from '../threads/control.ts'
import {
  areBound,
  effortOf,
  type Group,
  isPlayedInTime,
  keepsWorkers,
  type Modelled,
  type PlanOptions,
  startsFor,
} from './plan.ts'

/** The time of a trial outside its warm-up and its measured window: fresh threads, their modules, the rest of a round, their end. */
const OVERHEAD_MS = 250
/** The same where workers are bound to CPUs. */
const BOUND_OVERHEAD_MS = 300
/** The same of a trial whose workers have been warmed up: a round before it, and the rest of one. */
const KEPT_OVERHEAD_MS = 60
/** Calibration before the first group and after each. */
const CALIBRATION_MS = 600
const FEWEST_TRIALS = 3
const SHORTEST_MS = 100
/** Workers of shorter trials are not bound to CPUs, and not kept. */
const LONG_MS = 200

/** A recording, after its rehearsal. */
const playedMs = (spanMs: number) => Math.min(spanMs, REHEARSAL_NS / 1e6) + spanMs

/** An estimate of how long a plan will take. */
export function estimateMs(groups: readonly Group[], plan: PlanOptions): number {
  const overheadMs = areBound(plan) ? BOUND_OVERHEAD_MS : OVERHEAD_MS
  const perGroup = groups.map((group) => {
    if (group.modelled !== undefined) return modelledMs(group, group.modelled)
    const { variants, replay } = group
    const load = isPlayedInTime(group) ? playedMs(replay!.recording.spanNs / 1e6) : plan.warmupMs + plan.durationMs
    const { trials, latencyTrials, aaTrials } = effortOf(group, plan)
    const pictures = plan.timelineEvents > 0 ? 1 : 0
    const fresh = load + overheadMs
    const forThroughput = keepsWorkers(group, plan)
      ? (rounds: number) =>
          rounds * (plan.durationMs + KEPT_OVERHEAD_MS) + startsFor(rounds) * (plan.warmupMs + overheadMs)
      : (rounds: number) => rounds * fresh
    const ofVariant = forThroughput(trials) + (latencyTrials + pictures) * fresh
    return forThroughput(aaTrials) * 2 + ofVariant * variants.length + CALIBRATION_MS
  })
  return perGroup.reduce((sum, ms) => sum + ms, CALIBRATION_MS)
}

/** ns of this host for a CPU and a virtual ns: a step takes about 0.25 us here and 50 ns there. */
const PER_MODELLED_NS = 5

function modelledMs({ variants, crew }: Group, { durationMs, warmupMs, seeds, draws, whatIf }: Modelled): number {
  const runs = (seeds.length * (1 + whatIf.length) + draws) * variants.length
  return runs * (crew.vcpus + crew.notifiers + crew.zappers) * (durationMs + warmupMs) * PER_MODELLED_NS
}

/** The same plan with fewer, then shorter trials, so that it keeps to the budget as well as it can. */
export function fitToBudget(groups: readonly Group[], plan: PlanOptions, budgetMs: number): PlanOptions {
  let fitted = plan
  while (estimateMs(groups, fitted) > budgetMs) {
    const next = shrink(fitted)
    if (next === undefined) break
    fitted = next
  }
  return fitted
}

function shrink(plan: PlanOptions): PlanOptions | undefined {
  const { trials, latencyTrials, aaTrials, durationMs, warmupMs } = plan
  if (aaTrials > FEWEST_TRIALS && aaTrials * 2 >= trials) return { ...plan, aaTrials: aaTrials - 1 }
  if (trials > FEWEST_TRIALS * 2) return { ...plan, trials: trials - 1 }
  if (latencyTrials > FEWEST_TRIALS) return { ...plan, latencyTrials: latencyTrials - 1 }
  if (durationMs > LONG_MS) return { ...plan, durationMs: Math.max(LONG_MS, Math.round(durationMs * 0.9)) }
  if (aaTrials > FEWEST_TRIALS) return { ...plan, aaTrials: aaTrials - 1 }
  if (trials > FEWEST_TRIALS) return { ...plan, trials: trials - 1 }
  if (durationMs > SHORTEST_MS) return { ...plan, durationMs: Math.max(SHORTEST_MS, Math.round(durationMs * 0.9)) }
  if (warmupMs > 50) return { ...plan, warmupMs: Math.max(50, Math.round(warmupMs * 0.9)) }
  return undefined
}
