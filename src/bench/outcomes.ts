import type { CounterName } from '../protocols/counters.ts'
import { ORACLES } from '../protocols/oracles.ts'
import type { Outcome } from './result.ts'
import type { Variant } from './scenario.ts'
import type { Violation } from './trial.ts'

type Counters = Readonly<Partial<Record<CounterName, number>>>

/** The outcomes of a fault that violate no property. */
const OF_FAULTS: readonly { readonly counter: CounterName; readonly outcome: string; readonly says: string }[] = [
  { counter: 'pf_fixed', outcome: 'fixed', says: 'the fault installed the page' },
  { counter: 'pf_spurious', outcome: 'spurious', says: 'another vCPU had installed the page' },
  { counter: 'pf_fast', outcome: 'fixed without mmu_lock', says: 'only permission was missing' },
  {
    counter: 'retry_precheck_before_pfn',
    outcome: 'retry, before the pfn lookup',
    says: 'an invalidation was seen before anything had to be released',
  },
  {
    counter: 'retry_precheck_after_pfn',
    outcome: 'retry, after the pfn lookup',
    says: 'an invalidation was seen before mmu_lock was taken',
  },
  {
    counter: 'retry_stale_locked',
    outcome: 'retry, under mmu_lock',
    says: 'an invalidation was seen under mmu_lock only',
  },
  { counter: 'retry_frozen', outcome: 'retry, frozen', says: 'another CPU was at work on the entry' },
  { counter: 'retry_cas_link', outcome: 'retry, table linked', says: 'another vCPU linked the table first' },
  { counter: 'retry_cas_leaf', outcome: 'retry, leaf set', says: 'another vCPU set the entry first' },
  { counter: 'stage2_mapped', outcome: 'mapped in stage 2', says: 'the fault made the entry' },
  { counter: 'stage2_relaxed', outcome: 'permission added', says: 'the fault added what the access needs' },
  {
    counter: 'icache_wasted',
    outcome: 'retry, invalidated for nothing',
    says: 'another vCPU changed the entry meanwhile',
  },
  {
    counter: 'icache_skipped',
    outcome: 'retry, changed since',
    says: 'a second look at the entry spared an invalidation',
  },
  {
    counter: 'fault_range_busy',
    outcome: 'retry, range in service',
    says: 'another vCPU was invalidating the same range',
  },
  { counter: 'retry_invalid_slot', outcome: 'retry, memslot', says: 'the memslot was being changed' },
]

/** The outcomes of a reload of the APIC-access page, and of an attempt to move it. */
const OF_RELOADS: typeof OF_FAULTS = [
  { counter: 'apic_reloads', outcome: 'reloaded', says: 'the address of the APIC-access page was written' },
  {
    counter: 'apic_reload_rerequests',
    outcome: 'reload again',
    says: 'an invalidation of the page was in progress, or had ended since its lookup',
  },
  {
    counter: 'apic_migrations_refused',
    outcome: 'page not moved',
    says: 'the host found references to the APIC-access page that it cannot account for',
  },
]
/** Properties that the protocols do not guarantee: an update of a memslot may starve while pairs of notifiers overlap. */
const REPORTED_ONLY: readonly string[] = ['updater_starved']

export const MUTUAL_EXCLUSION = { name: 'mutual_exclusion', says: 'operations under the lock were lost' } as const

/** The number of retries from which a pre-check that never fires is reported. */
const ENOUGH = 100

type Oracle = { readonly name: string; readonly says: string }

/** Every outcome that occurred, with a grade as in jcstress. */
export function outcomesOf(counters: Counters, violations: readonly Violation[], variant: Variant): Outcome[] {
  const seen = [...OF_FAULTS, ...OF_RELOADS].flatMap(({ counter, outcome, says }): Outcome[] => {
    const count = counters[counter] ?? 0
    return count === 0 ? [] : [{ outcome, grade: 'acceptable', count, says }]
  })
  const oracles: readonly Oracle[] = [...ORACLES, ...(variant.patch?.oracles ?? []), MUTUAL_EXCLUSION]
  const violated = oracles.flatMap(({ name, says }): Outcome[] => {
    const all = violations.filter(({ oracle }) => oracle === name)
    const count = all.reduce((sum, violation) => sum + violation.count, 0)
    if (count === 0) return []
    const { value, worker, lock } = all[0]!
    const isKnown = variant.kind === 'good' && variant.objections?.some((one) => one === name)
    const grade = isKnown || REPORTED_ONLY.includes(name) ? 'interesting' : 'forbidden'
    return [{ outcome: name, grade, count, says: `${says} (first: ${lock ?? value}, ${worker})` }]
  })
  return [...violated, ...deadChecks(counters, variant), ...unbounded(counters), ...seen]
}

/** Too many I-cache operations in one fault: no violation, but the cause of soft lockups on hosts. */
function unbounded({ icache_inval_over_limit: count = 0 }: Counters): Outcome[] {
  const says = 'a fault issued more I-cache operations than MAX_DVM_OPS with mmu_lock held and preemption off'
  return count === 0 ? [] : [{ outcome: 'line_operations_unbounded', grade: 'interesting', count, says }]
}

/** Pre-checks that never fire: reported, and no violation. */
function deadChecks(counters: Counters, variant: Variant): Outcome[] {
  if (variant.kind === 'good') return []
  const before = counters.retry_precheck_before_pfn ?? 0
  const after = counters.retry_precheck_after_pfn ?? 0
  const locked = counters.retry_stale_locked ?? 0
  const dead: Outcome[] = []
  if (variant.caughtBy.includes('precheck_never_fires') && locked >= ENOUGH && before + after < locked / ENOUGH) {
    const says = `the pre-checks said retry ${before + after} times, the check under mmu_lock ${locked} times`
    dead.push({ outcome: 'precheck_never_fires', grade: 'interesting', count: locked, says })
  }
  if (variant.caughtBy.includes('precheck_never_fires_before_pfn') && after >= ENOUGH && before === 0) {
    const says = `every one of ${after} retries had already paid for the pfn lookup`
    dead.push({ outcome: 'precheck_never_fires_before_pfn', grade: 'interesting', count: after, says })
  }
  return dead
}
