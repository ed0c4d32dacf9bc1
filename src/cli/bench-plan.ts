import os from 'node:os'
import { estimateMs, fitToBudget } from '../bench/budget.ts'
import { scenarioOn } from '../bench/on-kernel.ts'
import { type Group, groupOf, type PlanOptions, type Replay } from '../bench/plan.ts'
import type { Profiles, Shard } from '../bench/result.ts'
import type { Arrival, Crew, Scenario } from '../bench/scenario.ts'
import { HEADLINES, SCENARIOS } from '../bench/scenarios/all.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import type { Version } from '../protocols/kernel.ts'
import { parseSpeed } from '../replay/speed.ts'
import type { BenchArgs } from './bench-flags.ts'
import { integer, integers, milliseconds } from './flags.ts'
import { HEADLINE_MACHINE, isHeadline, isOnBothMachines, recordedHeadline } from './headline.ts'
import type { Io } from './io.ts'
import { kernelNamed, notOnKernel } from './kernels.ts'
import {
  installedMachine,
  type Machines,
  machinesOf,
  modelledOf,
  profilesOf,
  type Target,
  targetsOf,
} from './machines.ts'
import { type Asked as Patches, patchesAmong, withPatches } from './patches.ts'
import { checkPoints, checkSize } from './plan-size.ts'
import { checkFlags, checkWorkers, settingsOfFlags } from './refusals.ts'
import { readReplay } from './replay.ts'
import { groupsOfShard, shardOf } from './shard.ts'
import { argsAt, pointsOf } from './sweep.ts'
import { limitMs, plannedMs } from './time-limit.ts'
import { tickRate, vmChoice } from './vm-flags.ts'
import { wordsOf, wordsWithoutThreads } from './words-flag.ts'

/** CPUs that a modelled run keeps busy unless told otherwise. */
const MODEL_CPUS = 64
const MOST_CPUS = 1024
/** Longer than this, a plan is more likely a slip of the keyboard than a wish. */
const LONGEST_MS = 10 * 60_000

/** What is meant where a flag is left out. By default nothing is oversubscribed, but primitives are asked about it. */
type Defaults = {
  readonly vcpus: string
  readonly notifiers: string
  readonly trials: string
  readonly aaTrials: number
  readonly duration: string
  readonly warmup: string
}
const CREW = { vcpus: String(Math.max(1, os.availableParallelism() - 1)), notifiers: '1' } as const
const DEFAULTS = {
  vm: { ...CREW, trials: '10', aaTrials: 5, duration: '400ms', warmup: '300ms' },
  headline: { ...CREW, trials: '5', aaTrials: 2, duration: '120ms', warmup: '150ms' },
  primitives: { vcpus: '1,2,4,8', notifiers: '0', trials: '5', aaTrials: 5, duration: '100ms', warmup: '100ms' },
  broken: { ...CREW, trials: '3', aaTrials: 0, duration: '500ms', warmup: '100ms' },
} as const satisfies Record<string, Defaults>

export type Plan = {
  readonly groups: readonly Group[]
  readonly options: PlanOptions
  readonly name: string
  readonly profiles?: Profiles
  /** It is one of several parts of a plan. */
  readonly shard?: Shard
  /** What of it is left out, in sentences. */
  readonly says?: readonly string[]
}

/** Turns the flags into a plan, or says which of them cannot be. */
export async function planOf(args: BenchArgs, io: Io, machines: Machines = installedMachine): Promise<Plan> {
  const points = pointsOf(args.sweep)
  const kernel = kernelNamed(args.kernel)
  const asked = await patchesAmong(args.variant, io.node, kernel)
  const named = isHeadline(args) && args.quick ? HEADLINES.slice(0, 1) : scenariosOf(args.scenario)
  const questions = named.map((scenario) => questionOf(scenario, asked, kernel))
  const scenarios = questions.map(({ scenario }) => scenario)
  checkFlags(args, scenarios)
  const replay = await replayOf(args, scenarios, io)
  const wanted = questions.flatMap(({ scenario, names }) =>
    wantedOf(scenario, names).map((variants) => ({ scenario, variants })),
  )
  const says = questions.flatMap((question) => question.says)
  const told = says.length === 0 ? {} : { says }
  const parts = points.map((point) => partAt(argsAt(args, point), wanted, replay, machines, points.length > 1))
  const groups = parts.flatMap((part) => part.groups)
  const costs = parts.length === 1 ? parts[0]!.costs : {}
  const profiles = profilesOf(parts.flatMap(({ targets }) => targets))
  const carried = profiles === undefined ? {} : { profiles }
  checkWorkers(groups)
  if (!isHeadline(args)) {
    const options = fitted(args, groups, optionsOf(args, defaultsOf(groups), costs), io)
    checkSize({ groups, options })
    const name = scenarios.map((scenario) => scenario.name).join('+')
    return sharded({ groups, options, name, ...carried, ...told }, args)
  }
  const modelled = isOnBothMachines(args) ? targetsOf(HEADLINE_MACHINE, {}) : []
  const headline = [
    ...groups,
    ...(await recordedHeadline(args, io)),
    ...wanted.flatMap(({ scenario, variants }) =>
      modelled.flatMap((target) => groupsOf(args, scenario, variants, target, {}, null)),
    ),
  ]
  const options = fitted(args, headline, optionsOf(args, DEFAULTS.headline, costs), io)
  return sharded({ groups: headline, options, name: 'headline', ...carried }, args)
}

type Asked = { readonly scenario: Scenario; readonly variants: readonly string[] }
type Part = {
  readonly groups: readonly Group[]
  readonly targets: readonly Target[]
  readonly costs: Readonly<Record<string, number>>
}

type QuestionAsked = {
  readonly scenario: Scenario
  readonly names: string | undefined
  readonly says: readonly string[]
}

/** A scenario with the patches that were named, on the kernel that was asked for. */
function questionOf(asked: Scenario, { names, own }: Patches, kernel: Version | undefined): QuestionAsked {
  if (kernel === undefined) return { scenario: withPatches(asked, own), names, says: [] }
  const { scenario, refused, names: ownNames } = scenarioOn(asked, kernel)
  const given = names?.split(',').map((name) => name.trim()) ?? []
  const wrong = given.find((name) => Object.hasOwn(refused, name))
  if (wrong !== undefined) throw notOnKernel(refused[wrong]!)
  const kind = (name: string) => asked.variants.find((variant) => variant.name === name)!.kind
  const unnamed = Object.keys(refused).filter((name) =>
    names === undefined
      ? asked.headline.includes(name)
      : (names === 'all' && kind(name) === 'good') || (names === 'broken' && kind(name) === 'broken'),
  )
  return {
    scenario: withPatches(scenario, own),
    names: names ?? ownNames.join(','),
    says: unnamed.map((name) => `left out: ${refused[name]}`),
  }
}

/** The groups of one point of a sweep; of a plan without one there is one point. */
function partAt(
  args: BenchArgs,
  wanted: readonly Asked[],
  replay: Replay | null,
  machines: Machines,
  isSwept: boolean,
): Part {
  const { costs, machine, ...settings } = settingsOf(args.set ?? [])
  const targets = targetsOf(machinesOf(args), machine, machines)
  checkModelFlags(args, targets)
  const set = { ...settings.set, ...settingsOfFlags(args) }
  const groups = wanted.flatMap(({ scenario, variants }) =>
    targets.flatMap((target) => groupsOf(args, scenario, variants, target, set, replay, isSwept)),
  )
  return { groups: isSwept ? groups.map((group) => ({ ...group, costs })) : groups, targets, costs }
}

/** The part of a plan that is asked for, if not all of it is. */
function sharded(plan: Plan, { shard: text }: BenchArgs): Plan {
  const shard = shardOf(text, plan.groups)
  return shard === undefined ? plan : { ...plan, groups: groupsOfShard(plan.groups, shard), shard }
}

/** The groups that ask a scenario's question of one machine, one for each crew. */
function groupsOf(
  args: BenchArgs,
  scenario: Scenario,
  variants: readonly string[],
  target: Target,
  set: Readonly<Record<string, string>>,
  replay: Replay | null,
  isSwept = false,
): Group[] {
  if (target.kind === 'model' && scenario.notModelled !== undefined) return notModelled(args, scenario)
  const load = { ...loadOfBroken(scenario, variants), ...set }
  const { notifiers, ...values } = load as { readonly notifiers?: string } & Record<string, string>
  const defaults = { ...DEFAULTS[scenario.kind], ...scenario.crew, ...(notifiers === undefined ? {} : { notifiers }) }
  if (target.kind === 'threads') {
    const words = wordsOf(args.words)
    return crewsOf(args, defaults, replay).map((crew) => ({
      ...groupOf(scenario, variants, crew, values, replay),
      ...words,
    }))
  }
  const own = replay === null ? modelDefaults(scenario, values) : {}
  const groupWith = (crew: Crew) => groupOf(scenario, variants, crew, { ...own, ...values }, replay)
  const cpus = Math.min(target.profile.parameters.cpus!.value, MODEL_CPUS)
  const [few, more] = [1, 2].map((vcpus) => {
    return rolesOf(groupWith(crewsOf({ ...args, vcpus: undefined }, { ...defaults, vcpus }, replay)[0]!))
  }) as [number, number]
  const vcpus = Math.max(1, Math.floor((cpus - few) / Math.max(1, more - few)) + 1)
  const crews = crewsOf(args, { ...defaults, vcpus }, replay)
  const modelled = modelledOf(args, scenario, target.profile, isSwept ? 0 : drawsFor(args, crews))
  return crews.map((crew) => ({ ...groupWith(crew), modelled }))
}

/** An answer is tried on other machines like the one that is asked about; a sweep has enough to do without. */
function drawsFor(args: BenchArgs, crews: readonly Crew[]): number {
  const isSweep = crews.length > 1 || /[,.]/.test(args.seed ?? '')
  if (isSweep || args.trace !== undefined) return 0
  return isHeadline(args) ? 1 : 2
}

/** CPUs that a group keeps busy. */
function rolesOf({ scenario, values, crew }: Group): number {
  if (scenario.kind === 'primitives') return crew.vcpus
  return scenario.load({ values, crew, arrival: { kind: 'closed' }, seed: 0, sampleEvery: 0 }).roles.length
}

/** Without `-s` a scenario that cannot be modelled is left out of what is modelled. */
function notModelled({ scenario: asked }: BenchArgs, { name, notModelled: why }: Scenario): [] {
  if (asked === undefined) return []
  throw new FaultlineError('NOT_MODELLED', 'usage', `${name} cannot be modelled: ${why}`, {
    hint: 'Leave --machine out, or ask another scenario.',
  })
}

/** The scenario's own for the model; a preset that the user picked knows better. */
function modelDefaults(scenario: Scenario, asked: Readonly<Record<string, string>>): Record<string, string> {
  const values = scenario.kind === 'vm' ? (scenario.modelled?.values ?? {}) : {}
  const { by, of } = scenario.presets ?? { by: '', of: {} }
  const preset = Object.hasOwn(of, asked[by] ?? '') ? of[asked[by]!]! : {}
  const own = Object.entries(values).filter(([name]) => !(name in preset))
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]))
}

function checkModelFlags({ draws, whatIf, seed, words }: BenchArgs, targets: readonly Target[]): void {
  const isModelled = targets.some(({ kind }) => kind === 'model')
  const flag = draws !== undefined && draws !== '0' ? 'draws' : whatIf !== undefined ? 'what-if' : undefined
  if (flag !== undefined && !isModelled) {
    throw new FaultlineError('NO_MODEL', 'usage', `--${flag} is about modelled runs, but nothing is modelled`, {
      hint: 'Add -m altra-64, or another modelled machine.',
    })
  }
  if (words !== undefined && targets.every(({ kind }) => kind === 'model')) throw wordsWithoutThreads()
  if (seed !== undefined && /[,.]/.test(seed) && targets.some(({ kind }) => kind === 'threads')) {
    throw new FaultlineError('SEEDS_ON_THREADS', 'usage', `--seed ${seed} is several, and a run on threads has one`, {
      hint: 'Give one, or leave threads out of --machine.',
    })
  }
}

function scenariosOf(names: string | undefined): Scenario[] {
  if (names === undefined) return [...HEADLINES]
  return names.split(',').map((name) => {
    const scenario = SCENARIOS.find((candidate) => candidate.name === name.trim())
    if (scenario !== undefined) return scenario
    throw new FaultlineError('UNKNOWN_SCENARIO', 'usage', `there is no scenario '${name}'`, {
      hint: nearestText(
        name,
        SCENARIOS.map((candidate) => candidate.name),
      ),
    })
  })
}

/**
 * The variants to run, by groups that are compared with each other. A broken one is alone: it is asked whether its fault is
 * seen, under the load that shows it soonest.
 */
function wantedOf(scenario: Scenario, names: string | undefined): (readonly string[])[] {
  const of = (kind: 'good' | 'broken') => scenario.variants.filter((each) => each.kind === kind).map(({ name }) => name)
  if (names === undefined) return [scenario.mail === null ? of('good') : scenario.headline]
  if (names === 'all') return [of('good')]
  const asked = names === 'broken' ? of('broken') : names.split(',').map((name) => name.trim())
  const good = asked.filter((name) => !of('broken').includes(name))
  const broken = asked.filter((name) => of('broken').includes(name))
  return [...(good.length === 0 ? [] : [good]), ...broken.map((name) => [name])]
}

function loadOfBroken(scenario: Scenario, [name]: readonly string[]): Readonly<Record<string, string>> {
  const variant = scenario.variants.find((candidate) => candidate.name === name)
  return variant?.kind === 'broken' ? variant.load : {}
}

function defaultsOf(groups: readonly Group[]): Defaults {
  if (groups.every(({ scenario }) => scenario.kind === 'primitives')) return DEFAULTS.primitives
  if (groups.every(({ variants }) => variants.every(({ kind }) => kind === 'broken'))) return DEFAULTS.broken
  return DEFAULTS.vm
}

type Settings = {
  readonly set: Record<string, string>
  readonly costs: Record<string, number>
  readonly machine: Record<string, number>
}

/** Splits `--set` into parameters of the scenario and costs. */
function settingsOf(settings: readonly string[]): Settings {
  const set = new Map<string, string>()
  const costs = new Map<string, number>()
  const machine = new Map<string, number>()
  for (const setting of settings) {
    const at = setting.indexOf('=')
    if (at < 1) {
      throw new FaultlineError('BAD_SETTING', 'usage', `--set is '${setting}', which is not name=value`, {
        hint: 'Write --set range=512.',
      })
    }
    const name = setting.slice(0, at)
    const value = setting.slice(at + 1)
    if (name.startsWith('cost.')) costs.set(name.slice(5), costOf(name.slice(5), value))
    else if (name.startsWith('machine.')) machine.set(name.slice(8), numberOf(name, value))
    else set.set(name, value)
  }
  return { set: Object.fromEntries(set), costs: Object.fromEntries(costs), machine: Object.fromEntries(machine) }
}

function numberOf(name: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new FaultlineError('BAD_NUMBER', 'usage', `${name} is '${text}', which is not a number`, {
    hint: `Write --set ${name}=50.`,
  })
}

function costOf(name: string, value: string): number {
  const known = [...WORK, ...BROADCAST].map((cost) => cost.name as string)
  if (!known.includes(name)) {
    throw new FaultlineError('UNKNOWN_COST', 'usage', `there is no cost '${name}'`, {
      hint: `The costs are ${known.join(', ')}.`,
    })
  }
  return integer(`set cost.${name}`, value, 0, 1_000_000_000)
}

async function replayOf(
  { trace, memslots, speed, ...flags }: BenchArgs,
  scenarios: readonly Scenario[],
  io: Io,
): Promise<Replay | null> {
  parseSpeed(speed)
  if (memslots === '-') {
    throw new FaultlineError('MEMSLOTS_OF_STDIN', 'usage', '--memslots is read from a file, not from standard input', {
      hint: 'Write it to a file, or give gfn:hva:pages.',
    })
  }
  if (trace === undefined) {
    if (memslots === undefined) return null
    throw new FaultlineError(
      'MEMSLOTS_WITHOUT_TRACE',
      'usage',
      "--memslots says where a recording's memory lies, but there is none",
      {
        hint: 'Add --trace FILE.',
      },
    )
  }
  const other = scenarios.find(({ kind }) => kind !== 'vm')
  if (other === undefined)
    return await readReplay({ trace, memslots, speed, choice: vmChoice(flags), ...tickRate(flags) }, io)
  throw new FaultlineError('TRACE_OF_PRIMITIVES', 'usage', `${other.name} has no vCPUs that could play a recording`, {
    hint: 'Use --trace with -s precheck.',
  })
}

type CrewDefaults = { readonly [R in keyof Crew]?: string | number }

function crewsOf(args: BenchArgs, defaults: CrewDefaults, replay: Replay | null): Crew[] {
  if (replay !== null) {
    const { accesses, invalidations } = replay.recording
    const given = [args.vcpus, args.notifiers, args.zappers].some((flag) => flag !== undefined)
    if (given) {
      throw new FaultlineError('CREW_OF_RECORDING', 'usage', 'a recording brings its own vCPUs and notifiers', {
        hint: 'Leave --vcpus, --notifiers and --zappers out with --trace.',
      })
    }
    return [{ vcpus: accesses.length, notifiers: invalidations.length, zappers: 0 }]
  }
  const asked = (role: keyof Crew, low: number) =>
    integers(role, args[role] ?? String(defaults[role] ?? 0), low, MOST_CPUS)
  const vcpus = asked('vcpus', 1)
  const notifiers = asked('notifiers', 0)
  const zappers = asked('zappers', 0)
  checkPoints(vcpus, notifiers, zappers)
  return vcpus.flatMap((v) => notifiers.flatMap((n) => zappers.map((z) => ({ vcpus: v, notifiers: n, zappers: z }))))
}

function optionsOf(args: BenchArgs, defaults: Defaults, costs: Readonly<Record<string, number>>): PlanOptions {
  const trials = integer('trials', args.trials ?? defaults.trials, 1, 10_000)
  return {
    seed: integers('seed', args.seed ?? '1', 0, 0xffff_ffff)[0]!,
    trials,
    latencyTrials: latencyTrialsOf(trials),
    aaTrials: Math.min(defaults.aaTrials, trials),
    durationMs: milliseconds('duration', args.duration ?? defaults.duration),
    warmupMs: milliseconds('warmup', args.warmup ?? defaults.warmup),
    arrival: arrivalOf(args),
    sampleEvery: 8,
    timelineEvents: args.timeline === undefined ? 0 : integer('timeline', args.timeline, 100, 1_000_000),
    oracles: true,
    costs,
  }
}

const latencyTrialsOf = (trials: number) => Math.max(Math.min(trials, 5), Math.ceil(trials / 2))

function arrivalOf({ arrival, rate }: BenchArgs): Arrival {
  if (arrival === 'closed' && rate !== undefined) {
    throw new FaultlineError(
      'RATE_WITHOUT_ARRIVAL',
      'usage',
      '--rate says how fast accesses arrive, but the loop is closed',
      {
        hint: 'Add --arrival open, or leave --rate out.',
      },
    )
  }
  if (arrival === 'closed') return { kind: 'closed' }
  if (rate === undefined) {
    throw new FaultlineError('ARRIVAL_WITHOUT_RATE', 'usage', 'an open loop needs a rate', {
      hint: 'Add --rate 10000: accesses a second of each vCPU.',
    })
  }
  return { kind: 'open', ratePerSecond: integer('rate', rate, 1, 10_000_000) }
}

/** Keeps to the time that the user has, and asks about a plan that takes surprisingly long. */
function fitted(args: BenchArgs, groups: readonly Group[], options: PlanOptions, io: Io): PlanOptions {
  const limit = limitMs(args)
  if (limit !== undefined) return fitToBudget(groups, options, plannedMs(limit, io))
  const estimate = estimateMs(groups, options)
  if (estimate <= LONGEST_MS) return options
  throw new FaultlineError(
    'LONG_PLAN',
    'usage',
    `this plan would take about ${Math.round(estimate / 60_000)} minutes`,
    {
      hint: `Write times with their unit (--duration 400ms), or say that you mean it: --time-budget ${Math.ceil(estimate / 60_000)}m.`,
    },
  )
}
