import { createHash } from 'node:crypto'
import { machineOf, type Profile, profileHash, withValues } from '../model/profile.ts'
import { drawn, scaled } from '../model/scaling.ts'
import type { BenchOptions } from './bench.ts'
import { definitionOf } from './definition/definition.ts'
import { lacksSamples } from './derived/latencies.ts'
import { STORED } from './histograms.ts'
import { describeSource, engineHash } from './host.ts'
import { costsOf, definedBy, loadOf, notesOf, paramsOf, workersOf } from './load.ts'
import type { ModelPool } from './model-pool.ts'
import type { PlayedTrial } from './model-task.ts'
import { type Group, isPlayedInTime, type Modelled, type PlannedTrial, type PlanOptions } from './plan.ts'
import { type ModelInfo, type Result, type Run, type RunTimeline, SCHEMA, VERSION } from './result.ts'
import { errorOf } from './run-error.ts'
import { patchOf, protocolOf, type Variant } from './scenario.ts'
import { type Done, summarise } from './summarise.ts'

/** What a modelled plan tells of itself while it runs. */
export type Listeners = {
  readonly onTrial: (label: string) => void
  readonly onSpeed: (label: string, steps: number, ms: number) => void
  readonly onFailure: ((cause: unknown) => void) | undefined
}

/** Where and for what a group is modelled. */
type Place = Listeners & { readonly group: Group; readonly options: BenchOptions; readonly pool: ModelPool }
type Modelling = Place & {
  /** Aborted when a run of the group has failed: those that have not begun are not wanted any more. */
  readonly failed: AbortController
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
export async function modelledRuns(place: Place, schedule: readonly PlannedTrial[]): Promise<Run[]> {
  const modelling = { ...place, failed: new AbortController() }
  const all = await Promise.all(
    modelling.group.variants.map((variant, index) => {
      const planned = schedule.map((trial, place) => ({ trial, place })).filter(({ trial }) => trial.variant === index)
      return modelledRun(modelling, variant, planned)
    }),
  )
  const runs: Run[] = []
  for (const run of all) {
    if (run === undefined) break
    runs.push(run)
    if (run.error !== null || run.interrupted !== undefined) break
  }
  return runs
}

type Placed = { readonly trial: PlannedTrial; readonly place: number }

async function modelledRun(
  modelling: Modelling,
  variant: Variant,
  schedule: readonly Placed[],
): Promise<Run | undefined> {
  const { group, options, onFailure } = modelling
  const profile = profileOf(group, options)
  const asked = { variant, profile }
  const trials = schedule.map(({ trial: { seed } }) => runOnce(modelling, { ...asked, seed, isTrial: true }))
  const besides = others(modelling, asked)
  const picture = pictureOf(modelling, asked)
  const done: Done[] = []
  let info = emptyInfo(profile)
  let timeline: RunTimeline | undefined
  let error: Run['error'] = null
  let isCut = false
  handled([...trials, besides, picture])
  try {
    for (const [index, { trial: planned, place }] of schedule.entries()) {
      const { trial, steps, blocked } = await trials[index]!
      done.push({ planned, place, trial })
      info = { ...info, steps: info.steps + steps, blocked: addBlocked(info.blocked, blocked) }
    }
    info = { ...info, ...(await besides) }
    timeline = await picture
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
    warnings: [...notesOf(group), ...doubts(summary, group, options.plan)],
    ...(isCut ? { interrupted: { trials: done.length, of: schedule.length + runsBesides(group.modelled!) } } : {}),
    error,
  }
}

/** Several runs are under way: the first that fails, in their order, is told of, and the others are not missed. */
function handled(runs: readonly Promise<unknown>[]): void {
  for (const run of runs) run.catch(() => {})
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

type Asked = { readonly variant: Variant; readonly profile: Profile }
type Once = Asked & {
  readonly seed: number
  /** One of the plan's trials, and not one for a band or a picture. */
  readonly isTrial?: boolean
  readonly timelineEvents?: number
}

async function runOnce(modelling: Modelling, once: Once): Promise<PlayedTrial> {
  const { group, options, pool, onTrial, onSpeed, failed } = modelling
  const { variant, profile, seed, isTrial = false, timelineEvents = 0 } = once
  const { plan } = options
  const { scenario } = group
  if (scenario.kind !== 'vm') throw new Error(`${scenario.name} cannot be modelled`)
  const { durationMs, warmupMs } = group.modelled!
  const label = `${scenario.name} ${variant.name} on ${profile.name}`
  // Reading the clock costs nothing in virtual time: every fault is timed.
  const timed = { ...plan, sampleEvery: 1 }
  const task = () => {
    if (isTrial) onTrial(label)
    const { system, roles, placement } = loadOf(group, scenario, timed, seed, ALL_INSTRUMENTS, variant)
    return {
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
    }
  }
  try {
    const played = await pool.run(task, failed.signal)
    if (isTrial) onSpeed(label, played.steps, played.ms)
    return played
  } catch (cause) {
    failed.abort()
    throw cause
  }
}

/** A run of its own, in which every fault is noted. */
async function pictureOf(modelling: Modelling, asked: Asked): Promise<RunTimeline | undefined> {
  const { timelineEvents } = modelling.options.plan
  if (timelineEvents === 0) return undefined
  const seed = modelling.group.modelled!.seeds[0]!
  return (await runOnce(modelling, { ...asked, seed, timelineEvents })).timeline
}

async function others(modelling: Modelling, asked: Asked): Promise<Pick<ModelInfo, 'draws' | 'whatIf'>> {
  const { draws, whatIf, seeds } = modelling.group.modelled!
  const metricsOn = async (profile: Profile): Promise<Readonly<Record<string, number>>> => {
    const { metrics, histograms } = (await runOnce(modelling, { ...asked, profile, seed: seeds[0]! })).trial
    const counts = Object.fromEntries(histograms)
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => !lacksSamples(name, counts)))
  }
  const { profile } = asked
  const drawnMetrics = Array.from({ length: draws }, (_, draw) => metricsOn(drawn(profile, FIRST_DRAW + draw)))
  const ifs = whatIf.map((scaling) => metricsOn(scaled(profile, [scaling])))
  handled([...drawnMetrics, ...ifs])
  return {
    draws: await inOrder(drawnMetrics),
    whatIf: (await inOrder(ifs)).map((metrics, index) => ({ ...whatIf[index]!, metrics })),
  }
}

async function inOrder<T>(runs: readonly Promise<T>[]): Promise<T[]> {
  const done: T[] = []
  for (const run of runs) done.push(await run)
  return done
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
