import { existsSync } from 'node:fs'
import type { Modelled } from '../bench/plan.ts'
import type { Profiles } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { loadProfile, type Profile, profileHash, profileNames, withValues } from '../model/profile.ts'
import { namesOf, type Scaling, scaled } from '../model/scaling.ts'
import type { BenchArgs } from './bench-args.ts'
import { integer, integers, milliseconds, namesIn } from './flags.ts'

/** The file in which `calibrate` stores its measurements. */
export const HOST_PROFILE = 'host.profile.json'

/** A requested machine: the host's threads, or a modelled one. */
export type Target =
  | { readonly kind: 'threads' }
  | {
      readonly kind: 'model'
      /** The name that the user typed. */
      readonly word: string
      readonly loaded: Profile
      /** The profile with the user's settings. */
      readonly profile: Profile
    }

/** Looks up a machine by name. */
export type Machines = (word: string) => Profile

/** Among those that come with the program, and among the user's files. */
export const installedMachine: Machines = (word) => (word === 'host' ? hostProfile() : loadProfile(word))

/** The machines that `--machine` lists, with `--set machine.NAME=VALUE` applied to those that are modelled. */
export function targetsOf(
  machine: string | undefined,
  settings: Readonly<Record<string, number>>,
  machines: Machines = installedMachine,
): Target[] {
  const targets = namesIn(machine ?? 'threads').map((word) => targetOf(word, settings, machines))
  checkNames(targets)
  const names = Object.keys(settings)
  if (names.length === 0 || targets.some(({ kind }) => kind === 'model')) return targets
  throw new FaultlineError('NO_MODEL', 'usage', `machine.${names[0]} is set, but nothing is modelled`, {
    hint: 'Add -m altra-64, or another modelled machine.',
  })
}

function targetOf(word: string, settings: Readonly<Record<string, number>>, machines: Machines): Target {
  if (word === 'threads') return { kind: 'threads' }
  const loaded = machines(word)
  return { kind: 'model', word, loaded, profile: withValues(loaded, settings, 'set by the user') }
}

/** A result calls a machine by the name in its profile, so no two may share one. */
function checkNames(targets: readonly Target[]): void {
  const hashes = new Map<string, string>()
  for (const target of targets) {
    if (target.kind !== 'model') continue
    const { name } = target.profile
    const hash = profileHash(target.profile)
    if ((hashes.get(name) ?? hash) !== hash || name === 'threads') {
      throw new FaultlineError('MACHINES_OF_ONE_NAME', 'usage', `two machines are called ${name}`, {
        hint: `Change "name" in the profile of one of them, or model them in two runs.`,
      })
    }
    hashes.set(name, hash)
  }
}

/** Machines that do not come with the program, for the result to carry. */
export function profilesOf(targets: readonly Target[]): Profiles | undefined {
  const own = targets.flatMap((target) =>
    target.kind === 'model' && !profileNames().includes(target.word) ? [[target.word, target.loaded] as const] : [],
  )
  return own.length === 0 ? undefined : Object.fromEntries(own)
}

function hostProfile(): Profile {
  if (existsSync(HOST_PROFILE)) return loadProfile(`./${HOST_PROFILE}`)
  throw new FaultlineError(
    'NO_HOST_PROFILE',
    'usage',
    `this host is not calibrated: there is no ${HOST_PROFILE} here`,
    {
      hint: 'Run `faultline calibrate` first.',
    },
  )
}

/** The model with the costs taken from a recording. It predicts the recorded kernel best; see docs/traces.md. */
export const RECORDED_HOST = 'recorded-host'

/** The machines that play a recording unless the user names them; at a speed without times nothing of it can be predicted. */
export function machinesOf({ machine, trace, speed, all }: BenchArgs): string | undefined {
  if (machine !== undefined || trace === undefined || speed === 'max') return machine
  if (!all) return RECORDED_HOST
  return [RECORDED_HOST, 'threads', ...(existsSync(HOST_PROFILE) ? ['host'] : [])].join(',')
}

const DURATION_MS = 4
const WARMUP_MS = 1
export const MOST_DRAWS = 1000

/** How a scenario is modelled by default; `draws` if the user gives no number. */
export function modelledOf(args: BenchArgs, scenario: Scenario, profile: Profile, draws: number): Modelled {
  const own = scenario.kind === 'vm' ? scenario.modelled : undefined
  const whatIf = (args.whatIf ?? []).map(scalingOf)
  // A cost beyond its range is refused before anything runs.
  for (const scaling of whatIf) scaled(profile, [scaling])
  return {
    profile,
    durationMs:
      args.duration === undefined ? (own?.durationMs ?? DURATION_MS) : milliseconds('duration', args.duration),
    warmupMs: args.warmup === undefined ? (own?.warmupMs ?? WARMUP_MS) : milliseconds('warmup', args.warmup),
    costs: own !== undefined && args.trace === undefined ? (own.costs ?? {}) : {},
    seeds: integers('seed', args.seed ?? '1', 0, 0xffff_ffff),
    draws: args.draws === undefined ? draws : integer('draws', args.draws, 0, MOST_DRAWS),
    whatIf,
  }
}

/** `flush=0`, `c2c_socket=2`. */
function scalingOf(text: string): Scaling {
  const [, cost, scale] = /^([\w.-]+)=(\d+(?:\.\d+)?)$/.exec(text.trim()) ?? []
  if (cost === undefined || scale === undefined) {
    throw new FaultlineError('BAD_WHAT_IF', 'usage', `--what-if is '${text}', which is not cost=scale`, {
      hint: 'Write --what-if flush=0, or --what-if c2c_socket=2.',
    })
  }
  namesOf(cost)
  return { cost, scale: Number(scale) }
}
