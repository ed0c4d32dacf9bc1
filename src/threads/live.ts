import type { Place } from '../shared-memory/place.ts'
import type { Records } from '../shared-memory/records.ts'
import { type Control, DRAIN, MEASURE, WARMUP } from './control.ts'
import type { Status } from './status.ts'

/** The counters of a worker so far, and the lock in whose slow path it is. */
export type LiveWorker = {
  readonly name: string
  /** By counter, in the order of their names. */
  readonly counts: readonly number[]
  readonly waitsFor: string | undefined
}

/** A running run that can be observed from outside: its workers write this data anyway, and are not disturbed. */
export type LiveRun = {
  readonly counters: readonly string[]
  readonly phase: () => 'starting' | 'warming up' | 'measuring' | 'ending'
  readonly workers: () => readonly LiveWorker[]
}

/** Called when a run begins; the returned function is called when the run is over. */
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
