import { BROADCAST, WORK } from '../../../protocols/costs.ts'
import { KeptRun } from '../../../threads/kept-run.ts'
import type { Watch } from '../../../threads/live.ts'
import type { PrimitiveName } from '../../../threads/primitives-worker.ts'
import { type RunOptions, run } from '../../../threads/run.ts'
import { workerName } from '../../../workers/roles.ts'
import { costsOf, taskOf } from '../../load.ts'
import { areBound, type Group, type PlannedTrial, type PlanOptions } from '../../plan.ts'
import type { RunTimeline } from '../../result.ts'
import type { Instruments, Variant } from '../../scenario.ts'
import { timelineOf } from '../../timeline.ts'
import { type Trial, trialOf, type Violation, violationsOf } from '../../trial.ts'
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

export type Measured = { readonly trial: Trial; readonly timeline?: RunTimeline | undefined }

/** Measures one trial of a group on fresh threads. */
export async function measured(group: Group, planned: PlannedTrial, conditions: Conditions): Promise<Measured> {
  const { cores, signal } = conditions
  const { warmupMs, durationMs } = conditions.plan
  const { words = 'atomics' } = group
  if (group.scenario.kind === 'primitives') {
    const primitive = group.variants[planned.variant]!.name as PrimitiveName
    const workers = group.crew.vcpus
    return { trial: await primitiveTrial({ primitive, workers, cores, words, warmupMs, durationMs, signal }) }
  }
  const options = optionsOf(group, planned, conditions)
  const ran = await run(options)
  return {
    trial: trialOf(ran, options.roles, planned.mode),
    timeline: timelineOf(ran, (cpu) => workerName(options.roles, cpu), planned.seed),
  }
}

/** The workers of a variant, kept for several trials. */
export class KeptTrials {
  readonly #options: RunOptions
  readonly #run: KeptRun
  readonly #mode: PlannedTrial['mode']

  constructor(group: Group, planned: PlannedTrial, conditions: Conditions) {
    this.#options = optionsOf(group, planned, conditions)
    this.#mode = planned.mode
    this.#run = new KeptRun(this.#options)
  }

  async measured(): Promise<Measured> {
    return { trial: trialOf(await this.#run.measure(), this.#options.roles, this.#mode) }
  }

  /** Lets the workers go; gives the violations after the last trial. */
  async end(): Promise<readonly Violation[]> {
    return violationsOf(await this.#run.end(), this.#options.roles)
  }
}

function optionsOf(group: Group, planned: PlannedTrial, conditions: Conditions): RunOptions {
  const { cores, turnNs, signal, watch } = conditions
  const isPicture = planned.purpose === 'timeline'
  const plan = isPicture ? { ...conditions.plan, sampleEvery: 1 } : conditions.plan
  const { warmupMs, durationMs } = plan
  const variant = group.variants[planned.variant]!
  const { words = 'atomics' } = group
  const instruments = variant.instruments ?? instrumentsOf(variant, planned.mode === 'latency', plan)
  const task = taskOf(group, variant, plan, planned.seed, instruments)
  const costs = costsOf(group, plan)
  const turns = ({ name, ns }: { readonly name: string; readonly ns: number }) => (costs[name] ?? ns) / turnNs
  return {
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
  }
}

/** Expensive instruments are on only where they disturb no measurement: in latency trials, and for broken variants. */
function instrumentsOf({ kind }: Variant, isTimed: boolean, { oracles }: PlanOptions): Instruments {
  const lockdep = oracles && (isTimed || kind === 'broken')
  return { oracles, recorder: isTimed, lockStatistics: isTimed, lockdep }
}
