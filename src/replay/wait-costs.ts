import { kvmRows, waiterOf } from './perf-lock.ts'
import { WORDS_UNDER_LOCK_NS, wordsOfFlushNs } from './recorded-costs.ts'
import type { WaitRow } from './wait-row.ts'
import { time } from './words.ts'

/** How long tasks of one role waited for mmu_lock, according to a table of `perf lock contention`. */
export type RoleWaits = {
  readonly role: 'vcpu' | 'notifier' | 'other'
  readonly waits: number
  readonly totalNs: number
  readonly averageNs: number
  readonly maxNs: number
  /** How the table names the lock and its side, and the place of the wait. */
  readonly kinds: readonly string[]
  readonly callers: readonly string[]
}

/** A cost that follows from waits, in ns, and in a sentence why. */
export type WaitCost = { readonly name: string; readonly ns: number; readonly says: string }

const ROLES = ['vcpu', 'notifier', 'other'] as const

export function roleWaits(text: string): readonly RoleWaits[] {
  const rows = kvmRows(text)
  return ROLES.flatMap((role) => {
    const own = rows.filter((row) => (waiterOf(row) ?? 'other') === role && row.waits > 0)
    return own.length === 0 ? [] : [together(role, own)]
  })
}

function together(role: RoleWaits['role'], rows: readonly WaitRow[]): RoleWaits {
  const waits = rows.reduce((sum, row) => sum + row.waits, 0)
  const totalNs = rows.reduce((sum, row) => sum + row.totalNs, 0)
  return {
    role,
    waits,
    totalNs,
    averageNs: totalNs / waits,
    maxNs: Math.max(...rows.map(({ maxNs }) => maxNs)),
    kinds: [...new Set(rows.map(({ kind }) => kind))],
    callers: rows.map(({ caller }) => caller),
  }
}

/** A table of waits does not say how many vCPUs there are. */
const FEW_VCPUS = 2
/** An invalidation of at most this many pages is dominated by its flush. */
const NARROW = 8
const FLUSH_NS = 3000

/** How long the task that a role waits for holds mmu_lock. */
function holdOf(waits: readonly RoleWaits[], role: RoleWaits['role']): number | undefined {
  const found = waits.find((row) => row.role === role)
  return found === undefined ? undefined : Math.min(found.averageNs * 2, found.maxNs)
}

/**
 * A wait that begins at a random moment of a hold takes half of it on average, if holds are alike; and none takes longer than the
 * longest hold, where nothing else queues. vCPUs wait for invalidations, which take `pages` at a time, and these for faults.
 */
export function costsOfWaits(waits: readonly RoleWaits[], pages: number): readonly WaitCost[] {
  const ofInvalidation = holdOf(waits, 'vcpu')
  const ofFault = holdOf(waits, 'notifier')
  return [
    ...(ofInvalidation === undefined ? [] : [invalidationCost(ofInvalidation, pages)]),
    ...(ofFault === undefined || ofFault > LONGEST_FAULT_NS
      ? []
      : [
          {
            name: 'map_spte',
            ns: Math.max(1, Math.round(ofFault - WORDS_UNDER_LOCK_NS)),
            says: `notifiers wait half of ${time(ofFault)} on average, which is how long a fault holds mmu_lock`,
          },
        ]),
  ]
}

function invalidationCost(holdNs: number, pages: number): WaitCost {
  const says = `vCPUs wait half of ${time(holdNs)} on average, which is how long an invalidation of ${pages.toLocaleString('en-US')} pages holds mmu_lock`
  return pages <= NARROW
    ? {
        name: 'ipi_delivery',
        ns: Math.max(1, Math.round(holdNs - wordsOfFlushNs(FEW_VCPUS))),
        says: `${says}, a flush`,
      }
    : { name: 'zap_spte', ns: Math.max(1, Math.round(Math.max(0, holdNs - FLUSH_NS) / pages)), says }
}

/** Longer than any fault holds mmu_lock: notifiers that wait so long wait for each other, or for a preempted holder. */
export const LONGEST_FAULT_NS = 50e3

/** A zap of the modelled machines takes 150 ns; one of a twentieth of it is that of fewer pages. */
const USUAL_ZAP_NS = 150
const LEAST_ZAP_NS = USUAL_ZAP_NS / 20

/** The number of pages of an invalidation: `pages`, unless zapping these would take longer than the hold of mmu_lock. */
export function pagesThatFit(waits: readonly RoleWaits[], pages: number): number {
  const held = holdOf(waits, 'vcpu')
  if (held === undefined || held / pages >= LEAST_ZAP_NS) return pages
  return Math.max(1, Math.round((held - FLUSH_NS) / USUAL_ZAP_NS))
}

/** So far a cost may be from the first estimate. */
const FARTHEST = 16

/** Costs with which a replay's waits come nearer to the table's: each is as many times as long as its waits were too short. */
export function nearerCosts(
  costs: readonly WaitCost[],
  first: readonly WaitCost[],
  factorOf: (role: RoleWaits['role']) => number | undefined,
): readonly WaitCost[] {
  return costs.map((cost, index) => {
    const factor = factorOf(cost.name === 'map_spte' ? 'notifier' : 'vcpu')
    if (factor === undefined || factor <= 0) return cost
    const start = first[index]!.ns
    const ns = Math.min(start * FARTHEST, Math.max(start / FARTHEST, cost.ns / factor))
    return { ...cost, ns: Math.max(1, Math.round(ns)) }
  })
}
