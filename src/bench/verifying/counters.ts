import { COUNTERS, isMaximum } from '../../protocols/counters.ts'
import { ORACLES } from '../../protocols/oracles.ts'
import { MUTUAL_EXCLUSION, outcomesOf } from '../outcomes.ts'
import type { Outcome, Run, TrialRow } from '../result.ts'
import type { Variant } from '../scenario.ts'
import { SCENARIOS } from '../scenarios/all.ts'
import { isNear, unequal, unless } from './claims.ts'

const KNOWN: ReadonlySet<string> = new Set(COUNTERS)
const isGreatest = (name: string) => isMaximum(name as (typeof COUNTERS)[number])

/** Rates from counts and time, and outcomes from the counters. */
export function counterFaults(run: Run): string[] {
  return [
    ...Object.entries(run.counters).flatMap(([name, count]) => countFaults(name, count)),
    ...run.trials.flatMap((trial) => relationFaults(trial).map((says) => `trial ${trial.index}: ${says}`)),
    ...run.trials.flatMap((trial) =>
      rateFaults(trial, Number(run.params.vcpus)).map((says) => `trial ${trial.index}: ${says}`),
    ),
    ...outcomeFaults(run),
  ]
}

const countFaults = (name: string, count: number): string[] =>
  unless(!KNOWN.has(name) || (Number.isInteger(count) && count > 0), `${name} is ${count}, which is not a count`)

/** The run's counters must be the sums of its trials'. A failed run also has counts that belong to no trial. */
export function sumFaults({ counters, trials, error }: Run): string[] {
  const kept = trials.filter((trial) => trial.counters !== undefined).length
  if (kept > 0 && kept < trials.length) return [`${trials.length - kept} of ${trials.length} trials have no counters`]
  if (kept === 0) return leastFaults(counters, trials)
  const names = new Set([counters, ...trials.map((trial) => trial.counters!)].flatMap((all) => Object.keys(all)))
  return [...names].flatMap((name) => {
    const each = trials.map((trial) => countOf(trial.counters!, name))
    const total = isGreatest(name) ? Math.max(...each) : each.reduce((sum, count) => sum + count, 0)
    const stated = countOf(counters, name)
    return error !== null && stated >= total ? [] : unequal(`${name}, of all trials,`, stated, total)
  })
}

/** The fewest that must have been counted, by the rates of all trials: all that can be checked if the file keeps no counters by trial. */
function leastFaults(counters: Run['counters'], trials: readonly TrialRow[]): string[] {
  return RATES.flatMap(({ metric, of }) => {
    const least = trials.reduce((sum, { metrics, durationNs }) => {
      return sum + (Object.hasOwn(metrics, metric) ? (metrics[metric]! * durationNs) / 1e9 : 0)
    }, 0)
    const stated = of.reduce((sum, name) => sum + countOf(counters, name), 0)
    return unless(
      stated >= least * (1 - 1e-9),
      `${metric}: by the rates of its trials there were at least ${Math.ceil(least)} of ${of.join(' and ')}, but ${stated} are there`,
    )
  })
}

const countOf = (counters: Readonly<Record<string, number>>, name: string) =>
  Object.hasOwn(counters, name) ? counters[name]! : 0

/** More CPUs than that have no invalidation open at an end of the window. */
const OPEN = 1024

/** Counters that cannot occur without another. */
function relationFaults({ counters = {} }: TrialRow): string[] {
  const of = (name: string) => countOf(counters, name)
  const [taken, exits, began, ended] = [of('pf_taken'), of('exits'), of('invalidate_start'), of('invalidate_end')]
  return [
    ...unless(exits >= taken, `${taken} faults were taken, but the guest was left ${exits} times`),
    ...unless(
      Math.abs(began - ended) <= OPEN && (ended > 0 || began < 8),
      `${began} invalidations began, but ${ended} ended`,
    ),
  ]
}

type Rule = {
  readonly metric: string
  readonly of: readonly string[]
  readonly per?: readonly string[]
  /** Other roles count the same, so that all CPUs together counted no less. */
  readonly isMost?: boolean
}

const FAULTS = ['pf_fixed', 'pf_spurious']

/** The counters behind a rate. A CPU's own window is at least the common one, so no rate exceeds the counts divided by that time. */
const RATES: readonly Rule[] = [
  { metric: 'faults_per_second', of: FAULTS },
  { metric: 'unmaps_per_second', of: ['unmap_gfn_range_calls'] },
  { metric: 'guest_boots_per_second', of: ['guest_resets'] },
  { metric: 'invalidations_per_second', of: ['invalidate_start'] },
  { metric: 'memslot_updates_per_second', of: ['memslot_updates'] },
  { metric: 'apic_migrations_per_second', of: ['apic_migrations'] },
  { metric: 'nx_recovered_per_second', of: ['nx_zapped_tdp', 'nx_zapped_shadow'] },
  { metric: 'nx_lost_races_per_second', of: ['nx_zap_lost_race'] },
  { metric: 'nx_splits_per_second', of: ['nx_lpage_splits'] },
  { metric: 'guest_accesses_per_second', of: ['guest_accesses'] },
]

/** Counted by the CPUs of one role only, so that what all CPUs counted gives the same. */
const SHARES: readonly Rule[] = [
  { metric: 'retries_before_pfn_per_fault', of: ['retry_precheck_before_pfn'], per: FAULTS, isMost: true },
  { metric: 'retries_after_pfn_per_fault', of: ['retry_precheck_after_pfn'], per: FAULTS, isMost: true },
  { metric: 'retries_under_lock_per_fault', of: ['retry_stale_locked'], per: FAULTS, isMost: true },
  { metric: 'flushes_per_unmap', of: ['remote_tlb_flush_requests'], per: ['unmap_gfn_range_calls'], isMost: true },
  {
    metric: 'yields_per_unmap',
    of: ['yield_needbreak', 'yield_need_resched'],
    per: ['unmap_gfn_range_calls'],
    isMost: true,
  },
  { metric: 'elided_share', of: ['invalidate_elided'], per: ['invalidate_start'] },
  { metric: 'mmu_lock_per_invalidation', of: ['invalidate_mmu_lock'], per: ['invalidate_start'] },
  { metric: 'apic_tries_per_reload', of: ['apic_reload_attempts'], per: ['apic_reloads'] },
  { metric: 'apic_rerequests_per_reload', of: ['apic_reload_rerequests'], per: ['apic_reloads'] },
  { metric: 'entries_cancelled_per_reload', of: ['entry_cancelled_pending_request'], per: ['apic_reloads'] },
  {
    metric: 'apic_migrations_refused_share',
    of: ['apic_migrations_refused'],
    per: ['apic_migrations', 'apic_migrations_refused'],
  },
  { metric: 'nx_share_recovered_tdp', of: ['nx_zapped_tdp'], per: ['nx_listed_tdp'] },
  { metric: 'nx_share_recovered_shadow', of: ['nx_zapped_shadow'], per: ['nx_listed_shadow'] },
]

function rateFaults({ counters, metrics, durationNs }: TrialRow, vcpus: number): string[] {
  if (counters === undefined) return []
  const sum = (names: readonly string[]) => names.reduce((all, name) => all + countOf(counters, name), 0)
  const rates = RATES.filter(({ metric }) => Object.hasOwn(metrics, metric)).flatMap(({ metric, of }) => {
    const [rate, count] = [metrics[metric]!, sum(of)]
    const most = durationNs > 0 ? (count * 1e9) / durationNs : Number.POSITIVE_INFINITY
    return [
      ...unless(
        rate <= most * (1 + 1e-9),
        `${metric} is ${rate}, but ${count} in ${durationNs} ns are at most ${most}`,
      ),
      ...unless(rate > 0 || count === 0 || durationNs === 0, `${metric} is 0, but ${count} were counted`),
    ]
  })
  const shares = SHARES.filter(({ metric }) => Object.hasOwn(metrics, metric))
  return [
    ...rates,
    ...shares.flatMap(({ metric, of, per, isMost }) => {
      const [stated, derived] = [metrics[metric]!, sum(of) / sum(per!)]
      if (isMost !== true) return unequal(metric, stated, derived)
      return unless(
        stated <= derived || isNear(stated, derived),
        `${metric} is ${stated}, but all CPUs together counted ${derived}`,
      )
    }),
    ...(Object.hasOwn(metrics, 'retries_per_fault') ? takenFaults(metrics.retries_per_fault!, sum, vcpus) : []),
  ]
}

/** A fault that was taken was resolved, or tried again; of each vCPU one may lie across an end of the window. */
function takenFaults(retriesEach: number, sum: (names: readonly string[]) => number, vcpus: number): string[] {
  const [taken, faults] = [sum(['pf_taken']), sum(FAULTS)]
  const retries = Math.round(retriesEach * faults)
  const ended = faults + sum(['pf_emulate']) + retries
  return [
    ...unless(
      isNear(retriesEach * faults, retries),
      `retries_per_fault is ${retriesEach}, which is impossible for ${faults} faults`,
    ),
    ...unless(
      Math.abs(taken - ended) <= vcpus,
      `${taken} faults were taken, but ${ended} were resolved or tried again, by a retries_per_fault of ${retriesEach}`,
    ),
  ]
}

const OF_ORACLES: ReadonlySet<string> = new Set([...ORACLES, MUTUAL_EXCLUSION].map(({ name }) => name))
const isOfOracle = ({ outcome }: Outcome) => OF_ORACLES.has(outcome)

/** Counters and outcomes must agree. How often an oracle reported a violation is counted nowhere else. */
function outcomeFaults(run: Run): string[] {
  const { counters, outcomes } = run
  // Each process of --ab judges for itself whether a check is dead.
  const variant = run.revision === undefined ? variantOf(run) : undefined
  const derived = outcomesOf(counters, [], variant ?? PLAIN)
  const found = outcomes.filter((outcome) => !isOfOracle(outcome))
  return [
    ...derived.flatMap(({ outcome, count, grade, says }) => {
      const own = found.filter((other) => other.outcome === outcome)
      if (own.length !== 1) return [`outcome '${outcome}' is there ${own.length} times: the counters say ${count}`]
      return [
        ...unequal(`outcome '${outcome}'`, own[0]!.count, count),
        ...unless(own[0]!.grade === grade, `outcome '${outcome}' is graded ${own[0]!.grade}: it is ${grade}`),
        ...unless(own[0]!.says === says, `outcome '${outcome}' says '${own[0]!.says}': it means '${says}'`),
      ]
    }),
    ...found
      .filter(({ outcome }) => !derived.some((other) => other.outcome === outcome))
      .map(({ outcome }) => `outcome '${outcome}' is listed, but was never counted`),
    ...outcomes.filter(isOfOracle).flatMap((outcome) => oracleFaults(run, outcome)),
  ]
}

function oracleFaults(run: Run, { outcome, grade, count, says }: Outcome): string[] {
  const meaning = [...ORACLES, MUTUAL_EXCLUSION].find(({ name }) => name === outcome)!.says
  const variant = variantOf(run)
  const [expected] = variant === undefined ? [] : outcomesOf({}, [violation(outcome, count)], variant)
  return [
    ...unless(Number.isInteger(count) && count > 0, `outcome '${outcome}' is there ${count} times`),
    ...unless(says.startsWith(meaning), `outcome '${outcome}' says '${says}': it means '${meaning}'`),
    ...unless(
      expected === undefined || expected.grade === grade,
      `outcome '${outcome}' is graded ${grade}: it is ${expected?.grade}`,
    ),
  ]
}

const violation = (outcome: string, count: number) => ({
  oracle: outcome as (typeof ORACLES)[number]['name'],
  count,
  value: 0,
  worker: '',
})

const PLAIN: Variant = { name: '', reference: '', says: '', kind: 'good' }

const variantOf = ({ scenario, variant }: Run): Variant | undefined =>
  SCENARIOS.find(({ name }) => name === scenario)?.variants.find(({ name }) => name === variant)
