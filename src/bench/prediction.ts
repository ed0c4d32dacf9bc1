import { loadProfile, withValues } from '../model/profile.ts'
import { type ModelResult, runModel } from '../model/run.ts'
import type { VariantName } from '../protocols/catalogue.ts'
import type { Workload } from '../replay/workload.ts'
import type { RecordedPace } from '../workers/pace.ts'
import type { RolePlan } from '../workers/roles.ts'
import { trialOf } from './trial.ts'

/** The prediction of a replay about its kernel, in figures that a recording also has. */
export type Prediction = {
  readonly faults: number
  readonly waits: number
  readonly totalNs: number
  readonly medianNs: number
  readonly otherWaits: number
  readonly invalidationMedianNs: number
  /** The tasks that waited for mmu_lock, by role. */
  readonly waiters: readonly Waiters[]
}

export type Waiters = {
  readonly role: string
  readonly waits: number
  readonly totalNs: number
  readonly maxNs: number
}

export type PredictionOptions = {
  readonly machine: string
  /** Whether the machine charges the costs from the recording, or only its own. */
  readonly hasRecordedCosts: boolean
  /** Only what happens from then on counts. */
  readonly fromNs: number
  /** ns of costs beside those, which they take the place of. */
  readonly costs?: Readonly<Record<string, number>>
}

/** Plays a recording on a model, by the protocol of a kernel of today. */
export async function predict(workload: Workload, options: PredictionOptions): Promise<Prediction> {
  const costs = { ...(options.hasRecordedCosts ? workload.costs : {}), ...options.costs }
  const named = Object.entries(costs).map(([name, ns]) => [`cost.${name}_ns`, ns] as const)
  const machine = withValues(loadProfile(options.machine), Object.fromEntries(named), 'of the recording')
  const roles = rolesOf(workload, options.hasRecordedCosts)
  const ran = await runModel({
    machine,
    system: {
      variant: 'precheck' satisfies VariantName,
      cpus: roles.length,
      vcpus: workload.vcpus.length,
      memslots: workload.memslots,
      mmu: workload.mmu,
      preempt: workload.preempt ?? 'full',
      tlbEntries: 512,
      hugePerMille: 0,
      oracles: false,
      lockStatistics: true,
      isReplay: true,
    },
    roles,
    warmupMs: 0,
    durationMs: 0,
    recordingMs: workload.replayNs / 1e6,
    measureFromMs: options.fromNs / 1e6,
    seed: 1,
  })
  return predictionOf(ran, roles)
}

function rolesOf(workload: Workload, hasRecordedCosts: boolean): readonly RolePlan[] {
  const onCore = (pace: RecordedPace): RecordedPace => ({ ...pace, hasCore: true })
  return [
    ...workload.vcpus.map(({ accesses: { mapUnits, ...accesses } }) => {
      const units = hasRecordedCosts && mapUnits !== undefined ? { mapUnits } : {}
      return {
        role: 'vcpu',
        accesses: { ...accesses, ...units, pace: onCore(accesses.pace!) },
        sampleEvery: 8,
      } as const
    }),
    ...workload.notifiers.map(({ invalidations }) => {
      const plan = { ...invalidations, pace: onCore(invalidations.pace!) }
      return { role: 'notifier', invalidations: plan, isTimed: true } as const
    }),
    ...workload.updaters.map(({ zap }) => {
      return { role: 'zapper', zap: { ...zap!, pace: onCore(zap!.pace) } } as const
    }),
  ]
}

export function predictionOf(ran: ModelResult, roles: readonly RolePlan[]): Prediction {
  const { counters, locks, metrics } = trialOf(ran, roles, 'latency')
  const who = locks.filter(({ name }) => name === 'mmuLock').flatMap((lock) => lock.who)
  const vcpus = who.filter(({ role }) => role === 'vcpu')
  const sum = (rows: typeof who, of: (row: (typeof who)[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0)
  return {
    // A spurious fault sets no SPTE, so a recording that infers faults from SPTEs does not contain it.
    faults: counters.pf_fixed ?? 0,
    waits: sum(vcpus, ({ contended }) => contended),
    totalNs: sum(vcpus, ({ waitTotalNs }) => waitTotalNs),
    medianNs: metrics.mmu_lock_wait_p50_ns ?? 0,
    otherWaits: sum(
      who.filter(({ role }) => role !== 'vcpu'),
      ({ contended }) => contended,
    ),
    invalidationMedianNs: metrics.invalidation_latency_p50_ns ?? 0,
    waiters: [...new Set(who.map(({ role }) => role))].map((role) => {
      const own = who.filter((row) => row.role === role)
      return {
        role,
        waits: sum(own, ({ contended }) => contended),
        totalNs: sum(own, ({ waitTotalNs }) => waitTotalNs),
        maxNs: Math.max(...own.map(({ waitMaxNs }) => waitMaxNs)),
      }
    }),
  }
}
