import { createHash } from 'node:crypto'
import { BLAMES } from '../model/blame.ts'
import { machineOf, type Profile, profileHash, withValues } from '../model/profile.ts'
import { type ModelResult, runModel } from '../model/run.ts'
import { drawn, scaled } from '../model/scaling.ts'
import { type RolePlan, workerName } from '../workers/roles.ts'
import type { BenchOptions } from './bench.ts'
import { definitionOf } from './definition/definition.ts'
import { lacksSamples } from './derived/latencies.ts'
import { STORED } from './histograms.ts'
import { describeSource, engineHash } from './host.ts'
import { costsOf, definedBy, loadOf, paramsOf, saidOf, workersOf } from './load.ts'
import { type Group, isPlayedInTime, type Modelled, type PlannedTrial, type PlanOptions } from './plan.ts'
import { type ModelInfo, type Result, type Run, type RunTimeline, SCHEMA, VERSION } from './result.ts'
import { errorOf } from './run-error.ts'
import { patchOf, protocolOf, type Variant } from './scenario.ts'
import { type Done, summarise } from './summarise.ts'
import { timelineOf } from './timeline.ts'
import { type Trial, trialOf } from './trial.ts'

/** What a modelled plan tells of itself while it runs. */
export type Telling = {
  readonly onTrial: (label: string) => void
  readonly onSpeed: (label: string, steps: number, ms: number) => void
  readonly onFailure: ((cause: unknown) => void) | undefined
}

const ALL_INSTRUMENTS = { oracles: true, recorder: true, lockStatistics: true, lockdep: false } as const
/** Seeds of draws are far from those of runs. */
const FIRST_DRAW = 0x5eed_0000

/** One run for each variant and seed. */
export function modelledSchedule({ variants, modelled }: Group): PlannedTrial[] {
  return modelled!.seeds.flatMap((seed, round) =>
    variants.map((_, variant): PlannedTrial => ({ variant, purpose: 'measure', mode: 'throughput', round, seed })),
  )
}

/**
 * A result that holds modelled runs only. It says nothing of when and where it was computed, because it does not depend on
 * that: the same plan gives the same bytes.
 */
export function modelledResult({ command: words, plan, profiles }: BenchOptions): Result {
  const command = withoutOutput(words)
  const source = describeSource()
  const identity = createHash('sha256')
    .update(JSON.stringify([source.definition, engineHash(), command, plan.seed]))
    .digest('hex')
  return {
    schema: SCHEMA,
    version: VERSION,
    id: `modelled-${identity.slice(0, 32)}`,
    createdAt: new Date(0).toISOString(),
    command,
    seed: plan.seed,
    source,
    host: NO_HOST,
    calibration: {},
    ...(profiles === undefined ? {} : { profiles }),
    runs: [],
  }
}

/** The words of a command line without those that say where the result goes and what is printed of it. */
function withoutOutput(words: readonly string[]): string[] {
  const isAside = (word: string) =>
    ['--json', '--quiet', '--no-progress', '--locks', '--force', '--all', '--verbose'].includes(word)
  const isOut = (word: string | undefined) => ['--out', '--save', '--report', '--shard'].includes(word ?? '')
  return words.filter(
    (word, at) =>
      !isAside(word) &&
      !isOut(word) &&
      !isOut(words[at - 1]) &&
      !word.startsWith('--out=') &&
      !word.startsWith('--shard=') &&
      !word.startsWith('--report='),
  )
}

/** What stands for the host of a result that is of none. */
export const NO_HOST: Result['host'] = {
  cpu: 'none: modelled',
  cores: 0,
  quota: null,
  memory: 0,
  os: 'any',
  kernel: 'any',
  node: 'any',
  v8: 'any',
  governor: null,
  virtualised: null,
  clockNs: 0,
}

/** Models a group: every variant with every seed, then with other parameters. */
export async function modelledRuns(
  group: Group,
  schedule: readonly PlannedTrial[],
  options: BenchOptions,
  telling: Telling,
): Promise<Run[]> {
  const runs: Run[] = []
  for (const [index, variant] of group.variants.entries()) {
    const planned = schedule.map((trial, place) => ({ trial, place })).filter(({ trial }) => trial.variant === index)
    const run = await modelledRun(group, variant, planned, options, telling)
    if (run === undefined) break
    runs.push(run)
    if (run.error !== null || run.interrupted !== undefined) break
  }
  return runs
}

type Placed = { readonly trial: PlannedTrial; readonly place: number }

async function modelledRun(
  group: Group,
  variant: Variant,
  schedule: readonly Placed[],
  options: BenchOptions,
  { onTrial, onSpeed, onFailure }: Telling,
): Promise<Run | undefined> {
  const profile = profileOf(group, options)
  const label = `${group.scenario.name} ${variant.name} on ${profile.name}`
  const done: Done[] = []
  let error: Run['error'] = null
  let info = emptyInfo(profile)
  let timeline: RunTimeline | undefined
  let isCut = false
  try {
    for (const { trial: planned, place } of schedule) {
      onTrial(label)
      const began = performance.now()
      const { trial, ran, roles } = await runOnce(group, variant, profile, planned.seed, options)
      onSpeed(label, ran.steps, performance.now() - began)
      done.push({ planned, place, trial })
      info = { ...info, steps: info.steps + ran.steps, blocked: addBlocked(info.blocked, blockedOf(ran, roles)) }
    }
    info = { ...info, ...(await others(group, variant, profile, options)) }
    timeline = await pictureOf(group, variant, profile, options)
  } catch (cause) {
    isCut = options.signal.aborted
    if (isCut && done.length === 0) return undefined
    if (!isCut) {
      onFailure?.(cause)
      error = errorOf(cause, group, variant.name)
    }
  }
  const summary = summarise(variant, done, [], { compression: STORED })
  const splats = [...new Set(done.flatMap(({ trial }) => trial.splats))]
  return {
    scenario: group.scenario.name,
    variant: variant.name,
    machine: profile.name,
    kind: 'modelled',
    params: paramsOf(group, options.plan),
    definition: definitionOf(definedBy(group, variant)),
    ...patchOf(variant),
    ...summary,
    metrics: exact(summary.metrics),
    ...(group.replay === null ? {} : { recorded: group.replay.kernel }),
    ...(splats.length === 0 ? {} : { splats }),
    ...(timeline === undefined ? {} : { timeline }),
    model: info,
    warnings: [...saidOf(group), ...doubts(summary, group, options.plan)],
    ...(isCut ? { interrupted: { trials: done.length, of: schedule.length + runsBesides(group.modelled!) } } : {}),
    error,
  }
}

/** Runs for the band, and with costs scaled. */
const runsBesides = ({ draws, whatIf }: Modelled) => draws + whatIf.length

/** A modelled figure has no distribution: it is what it is. */
const exact = (metrics: Run['metrics']): Run['metrics'] =>
  Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, { ...metric, assume: 'exact' }]))

/** What the user and the recording say of costs stands above the profile. */
function profileOf(group: Group, { plan }: BenchOptions): Profile {
  const values = Object.fromEntries(Object.entries(costsOf(group, plan)).map(([name, ns]) => [`cost.${name}_ns`, ns]))
  return withValues(group.modelled!.profile, values, 'set for this run')
}

async function runOnce(
  group: Group,
  variant: Variant,
  profile: Profile,
  seed: number,
  { plan, signal }: BenchOptions,
  timelineEvents = 0,
): Promise<{ trial: Trial; ran: ModelResult; roles: readonly RolePlan[] }> {
  if (group.scenario.kind !== 'vm') throw new Error(`${group.scenario.name} cannot be modelled`)
  const { durationMs, warmupMs } = group.modelled!
  // Reading the clock costs nothing in virtual time: every fault is timed.
  const timed = { ...plan, sampleEvery: 1 }
  const { system, roles, placement } = loadOf(group, group.scenario, timed, seed, ALL_INSTRUMENTS, variant)
  const ran = await runModel({
    machine: profile,
    system: {
      ...system,
      ...protocolOf(variant),
      cpus: roles.length,
      oracles: plan.oracles,
      lockStatistics: true,
      lockdep: (variant.kind === 'broken' || variant.patch !== undefined) && plan.oracles,
    },
    roles,
    placement,
    warmupMs,
    durationMs,
    recordingMs: (group.replay?.recording.spanNs ?? 0) / 1e6,
    seed,
    timelineEvents,
    signal,
  })
  // Watching costs nothing in virtual time, so that one run gives throughput and latencies.
  const throughput = trialOf(ran, roles, 'throughput')
  const latency = trialOf(ran, roles, 'latency')
  return { trial: { ...latency, metrics: { ...throughput.metrics, ...latency.metrics } }, ran, roles }
}

/** A run of its own, in which every fault is noted. */
async function pictureOf(
  group: Group,
  variant: Variant,
  profile: Profile,
  options: BenchOptions,
): Promise<RunTimeline | undefined> {
  if (options.plan.timelineEvents === 0) return undefined
  const seed = group.modelled!.seeds[0]!
  const { ran, roles } = await runOnce(group, variant, profile, seed, options, options.plan.timelineEvents)
  return timelineOf(ran, (cpu) => workerName(roles, cpu), seed)
}

async function others(
  group: Group,
  variant: Variant,
  profile: Profile,
  options: BenchOptions,
): Promise<Pick<ModelInfo, 'draws' | 'whatIf'>> {
  const { draws, whatIf, seeds } = group.modelled!
  const metricsOn = async (other: Profile): Promise<Readonly<Record<string, number>>> => {
    const { metrics, histograms } = (await runOnce(group, variant, other, seeds[0]!, options)).trial
    const counts = Object.fromEntries(histograms)
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => !lacksSamples(name, counts)))
  }
  const drawnMetrics: Readonly<Record<string, number>>[] = []
  for (let draw = 0; draw < draws; draw += 1) drawnMetrics.push(await metricsOn(drawn(profile, FIRST_DRAW + draw)))
  const ifs: ModelInfo['whatIf'][number][] = []
  for (const { cost, scale } of whatIf) {
    ifs.push({ cost, scale, metrics: await metricsOn(scaled(profile, [{ cost, scale }])) })
  }
  return { draws: drawnMetrics, whatIf: ifs }
}

const emptyInfo = (profile: Profile): ModelInfo => ({
  profile: profile.name,
  profileHash: profileHash(profile),
  machine: machineOf(profile),
  engineHash: engineHash(),
  steps: 0,
  blocked: [],
  draws: [],
  whatIf: [],
})

type Blocked = ModelInfo['blocked']

function blockedOf({ windows, blockedNs }: ModelResult, roles: readonly RolePlan[]): Blocked {
  const names = [...new Set(roles.map(({ role }) => role))]
  return names.map((role) => {
    const cpus = [...roles.keys()].filter((cpu) => roles[cpu]!.role === role)
    const sum = (of: (cpu: number) => number) => cpus.reduce((total, cpu) => total + of(cpu), 0)
    const ns = BLAMES.map(({ name }, index) => [name, sum((cpu) => blockedNs[cpu]![index]!)] as const)
    const whole = sum((cpu) => windows[cpu]!.endedNs - windows[cpu]!.beganNs)
    const busy = whole - ns.reduce((total, [, time]) => total + time, 0)
    return { role, count: cpus.length, ns: { busy, ...Object.fromEntries(ns.filter(([, time]) => time > 0)) } }
  })
}

function addBlocked(sum: Blocked, more: Blocked): Blocked {
  if (sum.length === 0) return more
  return sum.map(({ role, count, ns }, index) => {
    const other = more[index]!.ns
    const names = [...new Set([...Object.keys(ns), ...Object.keys(other)])]
    return { role, count, ns: Object.fromEntries(names.map((name) => [name, (ns[name] ?? 0) + (other[name] ?? 0)])) }
  })
}

function doubts(summary: Pick<Run, 'counters' | 'metrics'>, group: Group, plan: PlanOptions): string[] {
  const { profile } = group.modelled!
  const warnings: string[] = []
  const cpus = profile.parameters.cpus!.value
  const workers = workersOf(group, plan)
  if (workers > cpus) warnings.push(`more workers than the machine has CPUs: they share them (${workers} on ${cpus})`)
  if ((summary.metrics.elapsed_ns?.median ?? 1) === 0) {
    const longer = isPlayedInTime(group) ? 'recording' : '--duration'
    warnings.push(`some role never came to the end of an operation in the measured time: take a longer ${longer}`)
  }
  return warnings
}
