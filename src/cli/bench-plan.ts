import type { Refinement } from '../bench/frontier/refine.ts'
import type { Group, PlanOptions, Replay } from '../bench/plan.ts'
import type { Profiles, Shard } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { HEADLINES } from '../bench/scenarios/all.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import type { BenchArgs } from './bench-args.ts'
import { refuseCommaInFile } from './files/comma.ts'
import { HEADLINE_MACHINE, isHeadline, isOnBothMachines } from './headline.ts'
import type { Io } from './io.ts'
import { kernelNamed } from './kernels.ts'
import { installedMachine, type Machines, machinesOf, profilesOf, type Target, targetsOf } from './machines.ts'
import { patchesAmong } from './patches.ts'
import { groupsOf } from './plan/groups.ts'
import { DEFAULTS, defaultsOf, fitted, optionsOf } from './plan/options.ts'
import { questionOf, scenariosOf, wantedOf } from './plan/questions.ts'
import { replayOf } from './plan/replay.ts'
import { settingsOf } from './plan/settings.ts'
import { checkSize, withUpperBound } from './plan-size.ts'
import { isForRecording, recordedHeadline } from './recorded-headline.ts'
import { refinementOf } from './refine.ts'
import { checkFlags, checkWorkers, settingsOfFlags } from './refusals.ts'
import { groupsOfShard, shardOf } from './shard.ts'
import { argsAt, type Point, pointsOf } from './sweep.ts'
import { wordsWithoutThreads } from './words-flag.ts'

export type Plan = {
  readonly groups: readonly Group[]
  readonly options: PlanOptions
  readonly name: string
  readonly profiles?: Profiles
  /** Runs after the groups. */
  readonly refine?: Refinement
  /** It is one of several parts of a plan. */
  readonly shard?: Shard
  /** Sentences about what is left out of the plan. */
  readonly says?: readonly string[]
}

/** Turns the flags into a plan, or says which of them cannot be. */
export async function planOf(args: BenchArgs, io: Io, machines: Machines = installedMachine): Promise<Plan> {
  for (const flag of ['variant', 'machine', 'times'] as const) refuseCommaInFile(flag, args[flag])
  const points = pointsOf(args.sweep)
  const named = isHeadline(args) && args.quick ? HEADLINES.slice(0, 1) : scenariosOf(args.scenario)
  const asked = await Promise.all(kernelsOf(args, points).map((kernel) => questionsOn(kernel, named, args, io)))
  const [{ scenarios, wanted }] = asked as [Questions, ...Questions[]]
  checkFlags(args, scenarios)
  const replay = await replayOf(args, scenarios, io)
  const says = [...new Set(asked.flatMap((questions) => questions.says))]
  const told = says.length === 0 ? {} : { says }
  const partOf = (point: Point) => {
    const own = argsAt(args, point)
    const questions = asked.find(({ kernel }) => kernel === own.kernel)!
    return partAt(own, questions.wanted, replay, machines, points.length > 1)
  }
  const parts = points.map(partOf)
  const groups = parts.flatMap((part) => part.groups)
  const costs = parts.length === 1 ? parts[0]!.costs : {}
  const profiles = profilesOf(parts.flatMap(({ targets }) => targets))
  const carried = profiles === undefined ? {} : { profiles }
  checkWorkers(groups)
  const refine = refinementOf(
    args.refine,
    points,
    parts.map((part) => part.groups),
    (point) => {
      const own = partOf(point).groups
      checkWorkers(own)
      return own
    },
  )
  if (!isHeadline(args)) {
    const most = withUpperBound(groups, refine)
    const options = fitted(args, most, optionsOf(args, defaultsOf(groups), costs), io)
    checkSize({ groups: most, options })
    const name = scenarios.map((scenario) => scenario.name).join('+')
    const refined = refine === undefined ? {} : { refine }
    return sharded({ groups, options, name, ...carried, ...told, ...refined }, args)
  }
  const modelled = isOnBothMachines(args) ? targetsOf(HEADLINE_MACHINE, {}) : []
  const headline = [
    ...groups,
    ...(await recordedHeadline(args, io, machines)),
    ...wanted.flatMap(({ scenario, variants }) =>
      modelled.flatMap((target) => groupsOf(args, scenario, variants, target, {}, null)),
    ),
  ]
  if (headline.length === 0) {
    throw new FaultlineError(
      'NOTHING_TO_PLAY',
      'usage',
      `${args.machine} plays recordings only, and this plan has none`,
      {
        hint: 'Add --trace FILE, or leave out the flags that ask for another load.',
      },
    )
  }
  const options = fitted(args, headline, optionsOf(args, DEFAULTS.headline, costs), io)
  return sharded({ groups: headline, options, name: 'headline', ...carried }, args)
}

type Asked = { readonly scenario: Scenario; readonly variants: readonly string[] }

/** The questions on one kernel; on each scenario's own, if none is named. */
type Questions = {
  readonly kernel: string | undefined
  readonly scenarios: readonly Scenario[]
  readonly wanted: readonly Asked[]
  /** Sentences about what is left out on that kernel. */
  readonly says: readonly string[]
}

const kernelsOf = (args: BenchArgs, points: readonly Point[]) => [
  ...new Set(points.map((point) => argsAt(args, point).kernel)),
]

async function questionsOn(
  kernel: string | undefined,
  named: readonly Scenario[],
  { variant }: BenchArgs,
  { node }: Io,
): Promise<Questions> {
  const version = kernelNamed(kernel)
  const patches = await patchesAmong(variant, node, version)
  const questions = named.map((scenario) => questionOf(scenario, patches, version))
  return {
    kernel,
    scenarios: questions.map(({ scenario }) => scenario),
    wanted: questions.flatMap(({ scenario, names }) =>
      wantedOf(scenario, names).map((variants) => ({ scenario, variants })),
    ),
    says: questions.flatMap((question) => question.says),
  }
}

type Part = {
  readonly groups: readonly Group[]
  readonly targets: readonly Target[]
  readonly costs: Readonly<Record<string, number>>
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
  const targets = targetsOf(machinesOf(args), machine, machines).filter((target) => !isForRecording(args, target))
  checkModelFlags(args, targets)
  const set = { ...settings.set, ...settingsOfFlags(args) }
  const groups = wanted.flatMap(({ scenario, variants }) =>
    targets.flatMap((target) => groupsOf(args, scenario, variants, target, set, replay, isSwept)),
  )
  return { groups: isSwept ? groups.map((group) => ({ ...group, costs })) : groups, targets, costs }
}

/** The requested part of a plan, or the whole plan. */
function sharded(plan: Plan, { shard: text }: BenchArgs): Plan {
  const shard = shardOf(text, plan.groups)
  return shard === undefined ? plan : partOfPlan(plan, shard)
}

/** A part of a plan that is refined has the whole sweep, since where the frontier runs depends on all of it. */
export const partOfPlan = (plan: Plan, shard: Shard): Plan =>
  plan.refine === undefined ? { ...plan, groups: groupsOfShard(plan.groups, shard), shard } : { ...plan, shard }

function checkModelFlags({ draws, whatIf, seed, words }: BenchArgs, targets: readonly Target[]): void {
  const isModelled = targets.some(({ kind }) => kind === 'model')
  const flag = draws !== undefined && draws !== '0' ? 'draws' : whatIf !== undefined ? 'what-if' : undefined
  if (flag !== undefined && !isModelled) {
    throw new FaultlineError('NO_MODEL', 'usage', `--${flag} applies to modelled runs, but nothing is modelled`, {
      hint: 'Add -m altra-64, or another modelled machine.',
    })
  }
  if (words !== undefined && targets.every(({ kind }) => kind === 'model')) throw wordsWithoutThreads()
  if (seed !== undefined && /[,.]/.test(seed) && targets.some(({ kind }) => kind === 'threads')) {
    throw new FaultlineError(
      'SEEDS_ON_THREADS',
      'usage',
      `--seed ${seed} names several seeds, and a run on threads has one`,
      {
        hint: 'Give one, or leave threads out of --machine.',
      },
    )
  }
}
