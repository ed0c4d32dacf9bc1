import type { Group } from '../bench/plan.ts'
import type { Run } from '../bench/result.ts'
import { milliseconds } from './flags.ts'
import type { Io } from './io.ts'

/** `--quick` has ended by then. */
const QUICK_MS = 15_000
/** For the report, after the last trial. */
const REPORT_MS = 1000
/** Of the time that is left, trials are planned for so much: a busy host takes longer than planned. */
const PLANNED_SHARE = 0.85

type Limited = { readonly quick: boolean; readonly timeBudget: string | undefined }

/** How long a plan may take, from the start of the program; undefined where the user sets no limit. */
export function limitMs({ quick, timeBudget }: Limited): number | undefined {
  const budget = timeBudget === undefined ? undefined : milliseconds('time-budget', timeBudget)
  return quick ? Math.min(QUICK_MS, budget ?? QUICK_MS) : budget
}

/** What of a limit trials may be planned for, now that the program has run for a while. */
export const plannedMs = (limit: number, io: Pick<Io, 'uptimeMs'>): number =>
  Math.max(0, limit - REPORT_MS - uptimeOf(io)) * PLANNED_SHARE

/** Aborted when there is just time for the report; never where there is no limit. */
export function limitSignal(args: Limited, io: Pick<Io, 'uptimeMs'>): AbortSignal {
  const end = new AbortController()
  const limit = limitMs(args)
  if (limit !== undefined) setTimeout(() => end.abort(), Math.max(1, limit - REPORT_MS - uptimeOf(io))).unref()
  return end.signal
}

const uptimeOf = ({ uptimeMs }: Pick<Io, 'uptimeMs'>) => uptimeMs?.() ?? 0

/** What a limit left out of a plan: `not begun: nx-recovery on threads; cut short: elision precheck (4 of 10 trials)`. */
export function leftOutText(groups: readonly Group[], runs: readonly Run[]): string {
  const machineOf = ({ modelled }: Group) => modelled?.profile.name ?? 'threads'
  const isThere = ({ scenario, ...group }: Group, variant: string) =>
    runs.some(
      (run) =>
        run.scenario === scenario.name && run.variant === variant && run.machine === machineOf({ scenario, ...group }),
    )
  const missing = groups.flatMap((group) => {
    const variants = group.variants.filter(({ name }) => !isThere(group, name))
    const name = `${group.scenario.name} on ${machineOf(group)}`
    if (variants.length === 0) return []
    return variants.length === group.variants.length ? [name] : [`${variants.map((each) => each.name)} of ${name}`]
  })
  const cut = runs.flatMap(({ scenario, variant, machine, interrupted }) =>
    interrupted === undefined
      ? []
      : [`${scenario} ${variant} on ${machine} (${interrupted.trials} of ${interrupted.of} trials)`],
  )
  const parts = [
    ...(missing.length === 0 ? [] : [`not begun: ${[...new Set(missing)].join(', ')}`]),
    ...(cut.length === 0 ? [] : [`cut short: ${cut.join(', ')}`]),
  ]
  return parts.join('; ')
}
