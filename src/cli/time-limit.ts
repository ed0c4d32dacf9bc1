import { paramsOf } from '../bench/load.ts'
import type { Group, PlanOptions } from '../bench/plan.ts'
import type { Run } from '../bench/result.ts'
import { RunsByLoad } from '../bench/resume.ts'
import { milliseconds } from './flags.ts'
import type { Io } from './io.ts'

/** `--quick` has ended by then. */
const QUICK_MS = 15_000
/** For the report, after the last trial. */
const REPORT_MS = 1000
/** The share of the time left that trials are planned for: a busy host takes longer than planned. */
const PLANNED_SHARE = 0.85

type Limited = { readonly quick: boolean; readonly timeBudget: string | undefined }

/** The time limit of a plan, from the start of the program; undefined without a limit. */
export function limitMs({ quick, timeBudget }: Limited): number | undefined {
  const budget = timeBudget === undefined ? undefined : milliseconds('time-budget', timeBudget)
  return quick ? Math.min(QUICK_MS, budget ?? QUICK_MS) : budget
}

/** The part of a limit that is left for trials, after the time that the program has run already. */
export const plannedMs = (limit: number, io: Pick<Io, 'uptimeMs'>): number => timeLeftMs(limit, io) * PLANNED_SHARE

/** The part of a limit that is left before the closing work. */
export const timeLeftMs = (limit: number, io: Pick<Io, 'uptimeMs'>, atTheEndMs = REPORT_MS): number =>
  Math.max(0, limit - atTheEndMs - uptimeOf(io))

/** Aborted when there is just time for the report, or so long before the end; never where there is no limit. */
export function limitSignal(args: Limited, io: Pick<Io, 'uptimeMs'>, atTheEndMs = REPORT_MS): AbortSignal {
  const end = new AbortController()
  const limit = limitMs(args)
  if (limit !== undefined) setTimeout(() => end.abort(), Math.max(1, timeLeftMs(limit, io, atTheEndMs))).unref()
  return end.signal
}

const uptimeOf = ({ uptimeMs }: Pick<Io, 'uptimeMs'>) => uptimeMs?.() ?? 0

/** The loads that a sentence names; of more it says how many. */
const NAMED_LOADS = 5

type Planned = { readonly groups: readonly Group[]; readonly options: PlanOptions }

/**
 * Describes what an interrupted plan left out: `not begun: nx-recovery on threads; cut short: elision precheck (4 of 10
 * trials)`. Loads of a sweep are named by the parameters in which they differ.
 */
export function leftOutText({ groups, options }: Planned, runs: readonly Run[]): string {
  const asked = groups.map((group) => ({
    group,
    scenario: group.scenario.name,
    machine: group.modelled?.profile.name ?? 'threads',
    params: paramsOf(group, options),
  }))
  const left = new RunsByLoad(runs)
  const missing = asked.flatMap(({ group, ...load }) => {
    const variants = group.variants.filter(({ name }) => left.take({ ...load, variant: name }) === undefined)
    if (variants.length === 0) return []
    const name = `${load.scenario} on ${load.machine}`
    const what = variants.length === group.variants.length ? name : `${variants.map((each) => each.name)} of ${name}`
    return [{ what, load: swept(load, asked) }]
  })
  const cut = runs.flatMap((run) => {
    if (run.interrupted === undefined) return []
    const load = swept(run, asked)
    const { scenario, variant, machine, interrupted } = run
    const what = `${scenario} ${variant} on ${machine}`
    return [`${load === '' ? what : `${what} with ${load}`} (${interrupted.trials} of ${interrupted.of} trials)`]
  })
  const parts = [
    ...(missing.length === 0 ? [] : [`not begun: ${listed(missing)}`]),
    ...(cut.length === 0 ? [] : [`cut short: ${cut.join(', ')}`]),
  ]
  return parts.join('; ')
}

type Load = Pick<Run, 'scenario' | 'machine' | 'params'>

/** The parameters in which a load differs from others of the same question: `vcpus=8 pause-us=10`. */
function swept({ scenario, machine, params }: Load, all: readonly Load[]): string {
  const others = all.filter((one) => one.scenario === scenario && one.machine === machine)
  return Object.entries(params)
    .filter(([name, value]) => others.some((one) => one.params[name] !== value))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** `precheck on threads with vcpus=2, vcpus=4 and 9 more loads`. */
function listed(missing: readonly { readonly what: string; readonly load: string }[]): string {
  const texts = [...new Set(missing.map(({ what }) => what))].map((what) => {
    const loads = missing.flatMap((one) => (one.what === what && one.load !== '' ? [one.load] : []))
    if (loads.length === 0) return what
    const more = loads.length - NAMED_LOADS
    const named = loads.slice(0, NAMED_LOADS).join(', ')
    return `${what} with ${named}${more > 0 ? ` and ${more} more ${more === 1 ? 'load' : 'loads'}` : ''}`
  })
  return texts.join(', ')
}
