import { BROADCAST, WORK } from '../../../protocols/costs.ts'
import type { Watch } from '../../../threads/live.ts'
import type { PrimitiveName } from '../../../threads/primitives-worker.ts'
import { run } from '../../../threads/run.ts'
import { workerName } from '../../../workers/roles.ts'
import { costsOf, taskOf } from '../../load.ts'
import { areBound, type Group, type PlannedTrial, type PlanOptions } from '../../plan.ts'
import type { RunTimeline } from '../../result.ts'
import type { Instruments, Variant } from '../../scenario.ts'
import { timelineOf } from '../../timeline.ts'
import { type Trial, trialOf } from '../../trial.ts'
import { primitiveTrial } from './primitive-trial.ts'

/** Longest silence of a worker: many times the longest operation of any scenario. */
const STALL_MS = 10_000

/** The conditions of a trial: the host, and the plan. */
export type Conditions = {
  readonly plan: PlanOptions
  readonly cores: number
  /** ns of one turn of the calibrated loop. */
  readonly turnNs: number
  readonly signal: AbortSignal
  readonly watch: Watch | undefined
}

type Measured = { readonly trial: Trial; readonly timeline?: RunTimeline | undefined }

/** Measures one trial of a group on fresh threads. */
export async function measured(group: Group, planned: PlannedTrial, conditions: Conditions): Promise<Measured> {
  const { cores, turnNs, signal, watch } = conditions
  const isPicture = planned.purpose === 'timeline'
  const plan = isPicture ? { ...conditions.plan, sampleEvery: 1 } : conditions.plan
  const { warmupMs, durationMs } = plan
  const variant = group.variants[planned.variant]!
  const { words = 'atomics' } = group
  if (group.scenario.kind === 'primitives') {
    const primitive = variant.name as PrimitiveName
    const workers = group.crew.vcpus
    return { trial: await primitiveTrial({ primitive, workers, cores, words, warmupMs, durationMs, signal }) }
  }
  const instruments = variant.instruments ?? instrumentsOf(variant, planned.mode === 'latency', plan)
  const task = taskOf(group, variant, plan, planned.seed, instruments)
  const costs = costsOf(group, plan)
  const turns = ({ name, ns }: { readonly name: string; readonly ns: number }) => (costs[name] ?? ns) / turnNs
  const ran = await run({
    ...task,
    warmupMs,
    durationMs,
    workTurns: WORK.map(turns),
    broadcastTurns: BROADCAST.map((kind) => (kind.on === 'dvm' && costs[kind.name] === undefined ? 0 : turns(kind))),
    cores,
    // One turn a round: its trials differ in the protocol only.
    ...(areBound(plan) ? { turn: planned.seed % cores } : {}),
    words,
    timelineEvents: isPicture ? plan.timelineEvents : 0,
    stallMs: STALL_MS,
    watch,
    signal,
  })
  return {
    trial: trialOf(ran, task.roles, planned.mode),
    timeline: timelineOf(ran, (cpu) => workerName(task.roles, cpu), planned.seed),
  }
}

/** Expensive instruments are on only where they disturb no measurement: in latency trials, and for broken variants. */
function instrumentsOf({ kind }: Variant, isTimed: boolean, { oracles }: PlanOptions): Instruments {
  const lockdep = oracles && (isTimed || kind === 'broken')
  return { oracles, recorder: isTimed, lockStatistics: isTimed, lockdep }
}
