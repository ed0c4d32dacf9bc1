import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import type { Profile } from '../model/profile.ts'
import type { Scaling } from '../model/scaling.ts'
import type { Words } from '../threads/memory.ts'
import { Random } from '../workers/random.ts'
import { checkNewerValues } from './newer-values.ts'
import { valuesOf } from './parameters.ts'
import type { RecordedKernel, ReplayedRecording } from './result.ts'
import type { Arrival, Crew, Recording, Scenario, Variant } from './scenario.ts'
import type { TrialMode } from './trial.ts'

/** The number and the duration of trials. */
export type Effort = {
  /** Measured trials of each variant. */
  readonly trials: number
  /** Trials of each variant in which faults are timed and locks are watched. */
  readonly latencyTrials: number
  /** Trials of the baseline against itself, before the others. */
  readonly aaTrials: number
}

/** The user's options after validation. */
export type PlanOptions = Effort & {
  readonly seed: number
  readonly durationMs: number
  readonly warmupMs: number
  readonly arrival: Arrival
  readonly sampleEvery: number
  /** Events of each CPU that an extra trial of each variant records, for a timeline; 0: no such trial. */
  readonly timelineEvents: number
  readonly oracles: boolean
  /** ns of a unit of work or broadcast that the user wants to be other than the default. */
  readonly costs: Readonly<Record<string, number>>
}

/** A recording, and how fast it is played. */
export type Replay = {
  readonly file: string
  readonly speed: string
  readonly recording: Recording
  /** Sentences on what is known, inferred and doubted about it. */
  readonly says: readonly string[]
  /** The same of its memslot updates, if the scenario plays them, and if it does not. */
  readonly updatesSay: readonly string[]
  readonly zapsSay: readonly string[]
  /** Defaults for parameters of the recorded host, as far as the recording contains them. */
  readonly host: Readonly<Record<string, string>>
  readonly kernel: RecordedKernel
  readonly plays: Omit<ReplayedRecording, 'occurred' | 'own' | 'misses' | 'predicts' | 'isAlone'>
  /** Costs in ns of a unit by name, as far as the recording contains them. */
  readonly costs: Readonly<Record<string, number>>
}

/** Variants of one scenario under the same load: they are compared with each other, so their trials are interleaved. */
export type Group = {
  readonly scenario: Scenario
  readonly variants: readonly Variant[]
  readonly crew: Crew
  readonly set: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, string | number>>
  readonly replay: Replay | null
  /** Instead of the plan's, for a group that is measured more or less often than others. */
  readonly effort?: Effort
  /** Costs of this group alone, above the plan's. */
  readonly costs?: Readonly<Record<string, number>>
  /** The implementation of shared words, where the group runs on threads. */
  readonly words?: Words
  /** The machine that it is modelled on; none: it is measured on threads. */
  readonly modelled?: Modelled
}

/** How a group is modelled. */
export type Modelled = {
  readonly profile: Profile
  readonly durationMs: number
  readonly warmupMs: number
  /** The scenario's own costs for the model; the user's take precedence. */
  readonly costs: Readonly<Record<string, number>>
  /** One run each: a modelled run has no chance in it but its seed. */
  readonly seeds: readonly number[]
  /** Runs with other values from the profile's ranges, for the error band. */
  readonly draws: number
  /** Costs that are scaled in a second run, for the difference. */
  readonly whatIf: readonly Scaling[]
}

export type PlannedTrial = {
  readonly variant: number
  /** The baseline against itself: `a` and `b` are the same code. */
  readonly purpose: 'aa-a' | 'aa-b' | 'measure' | 'timeline'
  readonly mode: TrialMode
  /** Trials of one round belong together: one of each variant, in random order. */
  readonly round: number
  readonly seed: number
  /** Trials of one number share the workers of their variant, which are started for the first; left out: they have their own. */
  readonly start?: number
}

/** Checks names and values of a group. */
export function groupOf(
  scenario: Scenario,
  variantNames: readonly string[],
  crew: Crew,
  set: Readonly<Record<string, string>>,
  replay: Replay | null,
): Group {
  const variants = variantNames.map((name) => {
    const variant = scenario.variants.find((candidate) => candidate.name === name)
    if (variant !== undefined) return variant
    const names = scenario.variants.map((candidate) => candidate.name)
    throw new FaultlineError('UNKNOWN_VARIANT', 'usage', `${scenario.name} has no variant '${name}'`, {
      hint: nearestText(name, names),
    })
  })
  const known = { ...replay?.host, ...set }
  const values = valuesWithPresets(scenario, known)
  checkNewerValues(variants, values)
  const conflict = scenario.conflict?.(values)
  if (conflict !== undefined) {
    throw new FaultlineError('PARAMETERS_CONFLICT', 'usage', conflict.says, { hint: conflict.hint })
  }
  return { scenario, variants, crew, set, values, replay }
}

function valuesWithPresets(scenario: Scenario, set: Readonly<Record<string, string>>): Group['values'] {
  const plain = valuesOf(scenario.parameters, {}, set)
  if (scenario.presets === undefined) return plain
  const { by, of } = scenario.presets
  return valuesOf(scenario.parameters, (of[String(plain[by])] ?? {}) as Group['values'], set)
}

/** The machine of a group, as its runs name it. */
export const machineOf = ({ modelled }: Group): string => modelled?.profile.name ?? 'threads'

/** The trials of a group, in their order. */
export const scheduleOf = (group: Group, options: PlanOptions): PlannedTrial[] =>
  group.modelled === undefined ? interleaved(group, options) : oneForEachSeed(group.variants, group.modelled)

/** A modelled run has no chance in it: order does not matter, and one of each variant and seed is enough. */
const oneForEachSeed = (variants: Group['variants'], { seeds }: Modelled): PlannedTrial[] =>
  seeds.flatMap((seed, round) =>
    variants.map((_, variant): PlannedTrial => ({ variant, purpose: 'measure', mode: 'throughput', round, seed })),
  )

/**
 * The order in which a group's trials are measured: first the baseline against itself, then rounds in which each variant has one
 * trial, in an order that the seed decides, so that no variant always follows another and none runs first as a block.
 */
function interleaved(group: Group, options: PlanOptions): PlannedTrial[] {
  const random = new Random(options.seed)
  const trials: PlannedTrial[] = []
  const effort = effortOf(group, options)
  const areKept = keepsWorkers(group, options)
  let [starts, seedOfStart] = [0, 0]
  /** `own`: which of `of` rounds it is that may share workers. */
  const round = (number: number, members: readonly Member[], own = 0, of = 0) => {
    const isKept = areKept && of > 0
    if (isKept && (own === 0 || startOf(own, of) !== startOf(own - 1, of))) {
      seedOfStart = random.next()
      starts += 1
    }
    // One load a round, or a start of its workers: its members differ in the protocol only.
    const seed = isKept ? seedOfStart : random.next()
    const start = isKept ? { start: starts } : {}
    for (const member of shuffled(members, random)) trials.push({ ...member, round: number, seed, ...start })
  }
  for (let number = 0; number < effort.aaTrials; number += 1) {
    const itself: readonly Member[] = [
      { variant: 0, purpose: 'aa-a', mode: 'throughput' },
      { variant: 0, purpose: 'aa-b', mode: 'throughput' },
    ]
    round(number, itself, number, effort.aaTrials)
  }
  const modes: TrialMode[] = [
    ...new Array<TrialMode>(effort.trials).fill('throughput'),
    ...new Array<TrialMode>(effort.latencyTrials).fill('latency'),
  ]
  let timed = 0
  for (const [number, mode] of spread(modes).entries()) {
    const members = group.variants.map((_, variant): Member => ({ variant, purpose: 'measure', mode }))
    if (mode === 'throughput') round(number, members, number - timed, effort.trials)
    else round(number, members)
    if (mode === 'latency') timed += 1
  }
  if (options.timelineEvents > 0) {
    round(
      modes.length,
      group.variants.map((_, variant) => ({ variant, purpose: 'timeline', mode: 'latency' })),
    )
  }
  return trials
}

type Member = Pick<PlannedTrial, 'variant' | 'purpose' | 'mode'>

/** Each start of workers has a level of its own, so there are several, and each has few rounds. */
const MOST_ROUNDS_A_START = 5
const FEWEST_STARTS = 3

/** How often the workers of a variant are started for so many rounds, if they are kept. */
export const startsFor = (rounds: number): number =>
  Math.min(rounds, Math.max(FEWEST_STARTS, Math.ceil(rounds / MOST_ROUNDS_A_START)))

const startOf = (round: number, of: number) => Math.floor((round * startsFor(of)) / of)

/** Whether trials for throughput share workers. A short trial is not bound to CPUs, and a broken variant is compared with nothing. */
export function keepsWorkers(group: Group, plan: PlanOptions): boolean {
  const { scenario, variants, values, crew, replay, modelled } = group
  if (modelled !== undefined || replay !== null || plan.arrival.kind !== 'closed' || !areBound(plan)) return false
  return variants.every(({ kind }) => kind !== 'broken') && (scenario.keepsWorkers?.(values, crew) ?? false)
}

/** Binding the workers of a trial to CPUs takes 60 to 100 ms: for short trials that is left out. */
export const LEAST_BOUND_MS = 200

export const areBound = ({ durationMs }: PlanOptions): boolean => durationMs >= LEAST_BOUND_MS

/** A recording with a speed ends by itself; with `max` it repeats until it is stopped. */
export const isPlayedInTime = ({ replay }: Group): boolean => replay !== null && replay.recording.spanNs > 0

/** How often the trials of a group run. A broken variant is compared with nothing: it is only observed. */
export function effortOf(group: Group, options: PlanOptions): Effort {
  const { trials, latencyTrials, aaTrials } = group.effort ?? options
  const isBroken = group.variants[0]?.kind === 'broken'
  return {
    trials,
    latencyTrials: group.scenario.hasLatencyTrials && !isBroken ? latencyTrials : 0,
    aaTrials: isBroken ? 0 : aaTrials,
  }
}

/** The two modes evenly mixed, so that a slow drift of the host meets both alike. */
function spread(modes: readonly TrialMode[]): TrialMode[] {
  const latency = modes.filter((mode) => mode === 'latency').length
  return modes.map((_, index) => {
    const before = Math.floor((index * latency) / modes.length)
    return Math.floor(((index + 1) * latency) / modes.length) > before ? 'latency' : 'throughput'
  })
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1)
    ;[result[last], result[other]] = [result[other]!, result[last]!]
  }
  return result
}
