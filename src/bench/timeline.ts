import { BROADCAST } from '../protocols/costs.ts'
import { COUNTERS, HISTOGRAMS } from '../protocols/counters.ts'
import { READ } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { RunResult } from '../workers/run-result.ts'
import {
  ACQUIRED,
  BROADCAST_BEGAN,
  BROADCAST_ENDED,
  COUNTED,
  type Event,
  IN_PROGRESS,
  RECORDED,
  RELEASING,
  SEQ,
  TRACED,
  WAIT_BEGAN,
  WAIT_ENDED,
} from '../workers/timeline.ts'
import type { RunTimeline, TimelineEvent } from './result.ts'

/** The activity of each CPU of a run, with the names of the result file; undefined if it was not recorded. */
export function timelineOf(
  run: Pick<RunResult, 'timelines' | 'place'>,
  nameOf: (cpu: number) => string,
  seed: number,
): RunTimeline | undefined {
  if (run.timelines === undefined || run.timelines.length === 0) return undefined
  const ends = run.timelines.map(({ events, lost }) => (lost === 0 ? Number.POSITIVE_INFINITY : events.at(-1)!.ns))
  // From when the first memory was full the picture would lack a CPU.
  const untilNs = Math.min(...ends)
  return {
    seed,
    cpus: run.timelines.map(({ events, lost }, cpu) => {
      const kept = events.filter(({ ns, code }) => ns <= untilNs && code < TRACED)
      return {
        name: nameOf(cpu),
        left: lost + events.length - kept.length,
        events: kept.map((event) => told(event, run.place)),
      }
    }),
  }
}

const NAMES: Readonly<Record<number, TimelineEvent[1]>> = {
  [WAIT_BEGAN]: 'wait',
  [WAIT_ENDED]: 'waited',
  [ACQUIRED]: 'hold',
  [RELEASING]: 'held',
  [COUNTED]: 'count',
  [RECORDED]: 'span',
  [BROADCAST_BEGAN]: 'broadcast',
  [BROADCAST_ENDED]: 'broadcasted',
  [SEQ]: 'value',
  [IN_PROGRESS]: 'value',
}

function told({ ns, code, value, amount }: Event, place: Place): TimelineEvent {
  const what = NAMES[code]!
  if (what === 'value') return [ns, what, code === SEQ ? 'mmu_invalidate_seq' : 'mmu_invalidate_in_progress', value]
  if (what === 'count') return [ns, what, COUNTERS[value]!, 0]
  if (what === 'span') return [ns, what, HISTOGRAMS[value]!, amount]
  if (code === BROADCAST_BEGAN || code === BROADCAST_ENDED) return [ns, what, BROADCAST[value]!.name, 0]
  const lock = place.locks[Math.floor(value / 2)]!
  return [ns, what, lock.name, value % 2 === READ ? READ : 1]
}
