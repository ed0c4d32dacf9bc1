import type { violationsAtRest } from '../protocols/at-rest.ts'
import type { Brought } from '../protocols/brought.ts'
import { COUNTERS, HISTOGRAM, HISTOGRAMS } from '../protocols/counters.ts'
import { ORACLES } from '../protocols/oracles.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Records, Shape } from '../shared-memory/records.ts'
import type { Timeline } from './timeline.ts'

/** The scheduler's statistics of a worker. */
export type Schedstat = {
  readonly runNs: number
  /** Runnable, but on no CPU. */
  readonly waitNs: number
  readonly slices: number
}

/** The time in which a CPU was measured, on the run's clock, and what the scheduler did with its worker then. */
export type Window = { readonly beganNs: number; readonly endedNs: number; readonly schedstat: Schedstat }

type Named = Pick<Brought, 'counters' | 'oracles'>
const NOTHING: Named = { counters: [], oracles: [] }

/** The result of a run, on any machine. */
export type RunResult = {
  readonly place: Place
  readonly records: Records
  /** One a role. */
  readonly windows: readonly Window[]
  /** The one-way time of a message from one worker to another after the roles; absent for workers without their own cores. */
  readonly handOverNs?: number
  /** The CPU of each worker, if they were bound to CPUs. */
  readonly boundTo?: readonly number[]
  /** Methods of locks that ran as JavaScript although the run was to compile them, and why. */
  readonly leftInJavaScript?: readonly string[]
  /** Properties violated at rest, by oracle. */
  readonly atRest: ReturnType<typeof violationsAtRest>
  /** The reports of lockdep, one splat for each cycle. */
  readonly splats?: readonly string[]
  /** The names of a patch's counters and oracles: they come after ours. */
  readonly own?: Named
  /** The timeline of each CPU, if it was recorded. */
  readonly timelines?: readonly Timeline[]
}

/** Room for what the roles of a run record. */
export function shapeOf(place: Place, cpus: number, own: Named = NOTHING): Shape {
  return {
    cpus,
    counters: COUNTERS.length + own.counters.length,
    histograms: HISTOGRAMS.length,
    locks: place.locks.length,
    oracles: ORACLES.length + own.oracles.length,
    timedLocks: place.locks.flatMap(({ id, name }) =>
      TIMED[name] === undefined ? [] : [{ lock: id, ...TIMED[name] }],
    ),
  }
}

const NONE = -1
/** The locks of which histograms are kept. An update waits for pairs of notifiers, by any kind of exclusion. */
const TIMED: Readonly<Record<string, Pick<NonNullable<Shape['timedLocks']>[number], 'waits' | 'holds'>>> = {
  mmuLock: {
    waits: [HISTOGRAM.mmu_lock_wait_ns_read, HISTOGRAM.mmu_lock_wait_ns_write],
    holds: [HISTOGRAM.mmu_lock_hold_ns_read, HISTOGRAM.mmu_lock_hold_ns_write],
  },
  mnActiveInvalidateCount: { waits: [NONE, HISTOGRAM.memslot_update_wait_ns], holds: [NONE, NONE] },
  mmuNotifierSlotsLock: { waits: [NONE, HISTOGRAM.memslot_update_wait_ns], holds: [NONE, NONE] },
}
