import type { Place } from '../shared-memory/place.ts'
import type { Records } from '../shared-memory/records.ts'
import { type Control, DRAIN, MEASURE, WARMUP } from './control.ts'
import type { Status } from './status.ts'

/** What a worker has done so far, and the lock whose slow path it is in. */
export type LiveWorker = {
  readonly name: string
  /** By counter, in the order of their names. */
  readonly counts: readonly number[]
  readonly waitsFor: string | undefined
}

/** A run whose workers are at work, to be looked at from outside: they write what is read here anyway, and notice nothing. */
export type LiveRun = {
  readonly counters: readonly string[]
  readonly phase: () => 'starting' | 'warming up' | 'measuring' | 'ending'
  readonly workers: () => readonly LiveWorker[]
}

/** Called when a run begins; what it returns is called when the run is over. */
export type Watch = (run: LiveRun) => () => void

type Parts = {
  readonly control: Control
  readonly status: Status
  readonly records: Records
  readonly place: Place
  readonly names: readonly string[]
  readonly counters: readonly string[]
}

export function liveRun({ control, status, records, place, names, counters }: Parts): LiveRun {
  const lockOf = (cpu: number) => {
    const { lock } = status.of(cpu)
    return place.locks.find(({ id }) => id === lock)?.name
  }
  return {
    counters,
    phase: () => {
      const { phase } = control
      if (phase < WARMUP) return 'starting'
      if (phase < MEASURE) return 'warming up'
      return phase < DRAIN ? 'measuring' : 'ending'
    },
    workers: () => names.map((name, cpu) => ({ name, counts: [...records.of(cpu).counters], waitsFor: lockOf(cpu) })),
  }
}
