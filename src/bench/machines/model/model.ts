import { machineOf, type Profile, profileHash, withValues } from '../../../model/profile.ts'
import type { BenchOptions } from '../../bench-options.ts'
import { engineHash } from '../../host.ts'
import { costsOf } from '../../load.ts'
import type { Group, PlannedTrial } from '../../plan.ts'
import type { ModelInfo, RunTimeline } from '../../result.ts'
import { errorOf } from '../../run-error.ts'
import type { Variant } from '../../scenario.ts'
import type { Done } from '../../summarise.ts'
import type { Gathered, Listeners, Machine, Point } from '../machine.ts'
import { handled, pictureOf, runsBesides, scaledAndDrawn } from './besides.ts'
import { doubtsOf } from './doubts.ts'
import { playOnce, type Site } from './play.ts'
import { ModelPool } from './pool.ts'

type Placed = { readonly trial: PlannedTrial; readonly place: number }

/** A machine in virtual time: as many runs at a time as this host has cores, each as it would be alone. */
export class Model implements Machine {
  readonly #options: BenchOptions
  readonly #listeners: Listeners
  readonly #pool: ModelPool

  constructor(options: BenchOptions, listeners: Listeners) {
    this.#options = options
    this.#listeners = listeners
    this.#pool = new ModelPool(options.signal, options.cores, options.aloneMs)
  }

  get cores(): number {
    return this.#pool.cores
  }

  /** Up to the first variant that fails, or is interrupted. */
  async play({ group, schedule }: Point): Promise<readonly Gathered[]> {
    const site: Site = {
      group,
      options: this.#options,
      pool: this.#pool,
      listeners: this.#listeners,
      failed: new AbortController(),
    }
    const placed = schedule.map((trial, place) => ({ trial, place }))
    const all = await Promise.all(
      group.variants.map((variant, index) => {
        return gather(
          site,
          variant,
          placed.filter(({ trial }) => trial.variant === index),
        )
      }),
    )
    const end = all.findIndex((one) => one === undefined || one.error !== null || one.interrupted !== undefined)
    const most = end < 0 ? all.length : end + 1
    return all.slice(0, most).filter((one) => one !== undefined)
  }

  /** Aborts the running tasks. */
  async end(): Promise<void> {
    await this.#pool.end()
  }
}

/** Runs every seed, then other parameters; returns nothing if no run finished before the interruption. */
async function gather(site: Site, variant: Variant, schedule: readonly Placed[]): Promise<Gathered | undefined> {
  const { group, options, listeners } = site
  const { profile, info } = machineFor(group, options)
  const asked = { variant, profile }
  const trials = schedule.map(({ trial: { seed } }) => playOnce(site, { ...asked, seed, isTrial: true }))
  const besides = scaledAndDrawn(site, asked)
  const picture = pictureOf(site, asked)
  const done: Done[] = []
  let model = info
  let timeline: RunTimeline | undefined
  let error: Gathered['error'] = null
  let isCut = false
  handled([...trials, besides, picture])
  try {
    for (const [index, { trial: planned, place }] of schedule.entries()) {
      const { trial, steps, blocked } = await trials[index]!
      done.push({ planned, place, trial })
      model = { ...model, steps: model.steps + steps, blocked: addBlocked(model.blocked, blocked) }
    }
    model = { ...model, ...(await besides) }
    timeline = await picture
  } catch (cause) {
    isCut = options.signal.aborted
    if (isCut && done.length === 0) return undefined
    if (!isCut) {
      listeners.onFailure(cause)
      error = errorOf(cause, group, variant.name)
    }
  }
  return {
    variant,
    done,
    aa: [],
    ofFailed: [],
    splats: [...new Set(done.flatMap(({ trial }) => trial.splats))],
    timeline,
    model,
    doubts: (summary) => doubtsOf(summary, group),
    interrupted: isCut ? { trials: done.length, of: schedule.length + runsBesides(group.modelled!) } : undefined,
    error,
  }
}

type MachineFor = { readonly profile: Profile; readonly info: ModelInfo }
const machines = new WeakMap<Profile, Map<string, MachineFor>>()

/** Costs from the user and the recording override the profile. All loads of a sweep on one machine share them. */
function machineFor(group: Group, { plan }: BenchOptions): MachineFor {
  const values = Object.fromEntries(Object.entries(costsOf(group, plan)).map(([name, ns]) => [`cost.${name}_ns`, ns]))
  const own = group.modelled!.profile
  const ofProfile = machines.get(own) ?? new Map<string, MachineFor>()
  machines.set(own, ofProfile)
  const key = JSON.stringify(values)
  const known = ofProfile.get(key)
  if (known !== undefined) return known
  const profile = withValues(own, values, 'set for this run')
  const machine = { profile, info: emptyInfo(profile) }
  ofProfile.set(key, machine)
  return machine
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
