import { workersOf } from '../../bench/load.ts'
import { type Group, groupOf, type Replay } from '../../bench/plan.ts'
import type { Crew, Scenario } from '../../bench/scenario.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { loadProfile, type Profile, profileNames } from '../../model/profile.ts'
import type { BenchArgs } from '../bench-args.ts'
import { isHeadline } from '../headline.ts'
import { modelledOf, type Target } from '../machines.ts'
import { wordsOf } from '../words-flag.ts'
import { crewsOf } from './crews.ts'
import { DEFAULTS } from './options.ts'

/** The default number of CPUs of a modelled run. */
const MODEL_CPUS = 64

/** The groups that ask a scenario's question of one machine, one for each crew. */
export function groupsOf(
  args: BenchArgs,
  scenario: Scenario,
  variants: readonly string[],
  target: Target,
  set: Readonly<Record<string, string>>,
  replay: Replay | null,
  isSwept = false,
): Group[] {
  if (target.kind === 'model' && scenario.notModelled !== undefined) return notModelled(args, scenario)
  if (target.kind === 'model' && lacksCost(target.profile, scenario)) return withoutCost(args, scenario, target.profile)
  const load = { ...loadOfBroken(scenario, variants), ...set }
  const { notifiers, ...values } = load as { readonly notifiers?: string } & Record<string, string>
  const defaults = { ...DEFAULTS[scenario.kind], ...scenario.crew, ...(notifiers === undefined ? {} : { notifiers }) }
  if (target.kind === 'threads') {
    return crewsOf(args, defaults, replay).map((crew) => {
      const group = groupOf(scenario, variants, crew, values, replay)
      return { ...group, words: wordsOf(args.words, group) }
    })
  }
  const own = replay === null ? modelDefaults(scenario, values) : {}
  const groupWith = (crew: Crew) => groupOf(scenario, variants, crew, { ...own, ...values }, replay)
  const cpus = Math.min(target.profile.parameters.cpus!.value, MODEL_CPUS)
  const [few, more] = [1, 2].map((vcpus) => {
    return workersOf(groupWith(crewsOf({ ...args, vcpus: undefined }, { ...defaults, vcpus }, replay)[0]!))
  }) as [number, number]
  const vcpus = Math.max(1, Math.floor((cpus - few) / Math.max(1, more - few)) + 1)
  const crews = crewsOf(args, { ...defaults, vcpus }, replay)
  const modelled = modelledOf(args, scenario, target.profile, isSwept ? 0 : drawsFor(args, crews))
  return crews.map((crew) => ({ ...groupWith(crew), modelled }))
}

/** An answer is checked on similar machines with drawn costs; a sweep omits that to save time. */
function drawsFor(args: BenchArgs, crews: readonly Crew[]): number {
  const isSweep = crews.length > 1 || /[,.]/.test(args.seed ?? '')
  if (isSweep || args.trace !== undefined) return 0
  return isHeadline(args) ? 1 : 2
}

/** Without `-s`, a scenario that cannot be modelled is left out of the modelled part. */
function notModelled({ scenario: asked }: BenchArgs, { name, notModelled: why }: Scenario): [] {
  if (asked === undefined) return []
  throw new FaultlineError('NOT_MODELLED', 'usage', `${name} cannot be modelled: ${why}`, {
    hint: 'Leave --machine out, or ask another scenario.',
  })
}

const lacksCost = ({ parameters }: Profile, { needsCost }: Scenario): boolean =>
  needsCost !== undefined && parameters[needsCost.parameter] === undefined

/** The same for a machine that lacks the feature that the scenario is about. */
function withoutCost({ scenario: asked }: BenchArgs, scenario: Scenario, profile: Profile): [] {
  if (asked === undefined) return []
  const { parameter, without } = scenario.needsCost!
  const able = profileNames().filter((name) => !lacksCost(loadProfile(name), scenario))
  const message = `${scenario.name} cannot be modelled on ${profile.name}, which ${without}`
  throw new FaultlineError('NOT_MODELLED', 'usage', message, {
    hint: `Take -m ${able.join(', ')}; or add ${parameter} to the profile of a machine of your own.`,
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

function loadOfBroken(scenario: Scenario, [name]: readonly string[]): Readonly<Record<string, string>> {
  const variant = scenario.variants.find((candidate) => candidate.name === name)
  return variant?.kind === 'broken' ? variant.load : {}
}
