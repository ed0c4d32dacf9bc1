import { LONGEST_UNSURE_NS, type MmuLock } from './contention.ts'
import type { FaultSource } from './fault-source.ts'
import { INSTALL, TDP_INSTALL, UNMAP } from './moments.ts'
import type { Recording } from './recording.ts'
import type { Spans } from './spans.ts'

/** When, what, of which, and how much, as in the timeline of a run: `wait` and `waited`, `hold` and `held` of a side, `count`. */
type KernelEvent = readonly [
  ns: number,
  what: 'wait' | 'waited' | 'hold' | 'held' | 'count',
  of: string,
  amount: number,
]

export type KernelLane = { readonly name: string; readonly left: number; readonly events: readonly KernelEvent[] }

type Options = {
  /** Tasks that a replay plays, each with the name that it has there. */
  readonly players: readonly { readonly name: string; readonly pid: number }[]
  readonly source: FaultSource
  readonly mmuLock: MmuLock | null
  /** Events of each task. */
  readonly most: number
}

/**
 * The activity of the recorded tasks that the replay plays: from the first invalidation on, because the timeline of a
 * replay begins there too.
 */
export function kernelTimeline(recording: Recording, { players, source, mmuLock, most }: Options): KernelLane[] {
  const counts = countsOf(recording, source)
  const mostNs = mmuLock?.holdsAreSure === true ? Number.POSITIVE_INFINITY : LONGEST_UNSURE_NS
  const lanes = players.map(({ name, pid }) => {
    const { waitSpans, holdSpans } = recording.tasks.known(pid)!
    const events = [
      ...(counts.get(pid) ?? []),
      ...eventsOf(recording, spansOf(waitSpans, mmuLock), ['wait', 'waited']),
      ...eventsOf(
        recording,
        spansOf(holdSpans, mmuLock).filter(({ ns }) => ns <= mostNs),
        ['hold', 'held'],
      ),
    ]
    return { name, events: events.sort(([a], [b]) => a - b) }
  })
  const fromNs = beginOf(recording)
  const begun = lanes.map(({ name, events }) => ({ name, events: events.filter(([ns]) => ns >= fromNs) }))
  // From when the first of them has no room left the picture would lack a task.
  const untilNs = Math.min(
    ...begun.flatMap(({ events }) => (events.length > most ? [events[most - 1]![0]] : [Number.POSITIVE_INFINITY])),
  )
  return begun.map(({ name, events }) => {
    const kept = events.slice(0, most).filter(([ns]) => ns <= untilNs)
    return { name, left: events.length - kept.length, events: kept }
  })
}

const beginOf = ({ invalidations }: Recording) =>
  invalidations.length === 0 ? Number.NEGATIVE_INFINITY : invalidations.atNs.at(0)

/** By task. */
function countsOf({ moments }: Recording, { what: fault }: FaultSource): ReadonlyMap<number, readonly KernelEvent[]> {
  const counts = new Map<number, KernelEvent[]>()
  const faulted = fault === INSTALL || fault === TDP_INSTALL ? 'pf_fixed' : 'pf_taken'
  for (let index = 0; index < (moments?.length ?? 0); index += 1) {
    const what = moments!.what(index)
    if (what !== fault && what !== UNMAP) continue
    const pid = moments!.pid(index)
    const own = counts.get(pid) ?? []
    counts.set(pid, own)
    own.push([moments!.atNs(index), 'count', what === fault ? faulted : 'unmap_gfn_range_calls', 0])
  }
  return counts
}

type Span = ReturnType<Spans['at']>

const spansOf = (spans: Spans | undefined, mmuLock: MmuLock | null): Span[] =>
  Array.from({ length: spans?.length ?? 0 }, (_, index) => spans!.at(index)).filter(
    ({ rwlock }) => rwlock === mmuLock?.rwlock,
  )

const eventsOf = (
  { locks }: Recording,
  spans: readonly Span[],
  [begins, ends]: readonly ['wait', 'waited'] | readonly ['hold', 'held'],
): KernelEvent[] =>
  spans.flatMap(({ fromNs, ns, flags }): KernelEvent[] => {
    const side = locks.isReader(flags) ? 0 : 1
    return [
      [fromNs, begins, 'mmuLock', side],
      [fromNs + ns, ends, 'mmuLock', side],
    ]
  })
