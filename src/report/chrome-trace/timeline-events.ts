import type { RunTimeline, TimelineEvent } from '../../bench/result.ts'
import {
  counter,
  flow,
  instant,
  processName,
  type Slice,
  slices,
  type TraceEvent,
  type Track,
  threadName,
} from './trace-event.ts'

/** An event of a timeline on the track of the worker it belongs to. */
type Placed = { readonly track: Track; readonly event: TimelineEvent }

/** A run's timeline, as the process `pid`: one track a CPU. */
export function timelineEvents(timeline: RunTimeline, pid: number, name: string): TraceEvent[] {
  const began = Math.min(...timeline.cpus.flatMap(({ events }) => events.map(startOf)))
  const placed = timeline.cpus.flatMap(({ events }, tid) =>
    events.map(([ns, ...rest]): Placed => ({ track: { pid, tid }, event: [ns - began, ...rest] })),
  )
  const ordered = placed.toSorted((a, b) => a.event[0] - b.event[0])
  return [
    processName(pid, name),
    ...timeline.cpus.flatMap((cpu, tid) => threadName({ pid, tid }, cpu.name)),
    ...timeline.cpus.flatMap((_, tid) =>
      slices({ pid, tid }, slicesOf(placed.filter(({ track }) => track.tid === tid).map(({ event }) => event))),
    ),
    ...ordered.flatMap(instantOf),
    ...retryFlows(ordered),
    ...handOvers(ordered),
  ]
}

const startOf = ([ns, what, , amount]: TimelineEvent) => (what === 'span' ? ns - amount : ns)

/** A histogram of the guest, from its departure to its return, which its faults show already. */
const STALL = 'guest_stall_ns'

const END_OF: Readonly<Record<string, string>> = { wait: 'waited', hold: 'held', broadcast: 'broadcasted' }
const CATEGORY: Readonly<Record<string, string>> = { waited: 'wait', held: 'hold', broadcasted: 'broadcast' }

/** Beginnings and ends of one CPU, brought together. What had begun before, or has not ended, is left out. */
function slicesOf(events: readonly TimelineEvent[]): Slice[] {
  const open = new Map<string, number[]>()
  return events.flatMap(([ns, what, of, amount]): Slice[] => {
    if (what === 'span' && of === STALL) return []
    if (what === 'span') return [{ name: spanName(of), cat: 'span', fromNs: ns - amount, untilNs: ns }]
    if (END_OF[what] !== undefined) {
      const key = `${END_OF[what]} ${of} ${amount}`
      open.set(key, [...(open.get(key) ?? []), ns])
      return []
    }
    const fromNs = open.get(`${what} ${of} ${amount}`)?.pop()
    if (fromNs === undefined) return []
    return [{ name: sliceName(what, of, amount), cat: CATEGORY[what]!, fromNs, untilNs: ns }]
  })
}

/** `fault` for `fault_latency_ns`. */
const spanName = (histogram: string) => histogram.replace(/(_latency)?_ns$/, '')

function sliceName(what: TimelineEvent[1], of: string, side: number): string {
  if (what === 'broadcasted') return of
  const lock = `${of} for ${side === 0 ? 'read' : 'write'}`
  return what === 'waited' ? `wait for ${lock}` : `hold ${lock}`
}

function instantOf({ track, event: [ns, what, of, amount] }: Placed): TraceEvent[] {
  if (what === 'count') return [instant(track, of, of.split('_')[0]!, ns)]
  if (what !== 'value') return []
  return [counter(track.pid, of, ns, amount), instant(track, `${of} = ${amount}`, 'notifier', ns)]
}

/** From the last thing that a notifier did to the count or the sequence, to the retry that saw it. */
function retryFlows(ordered: readonly Placed[]): TraceEvent[] {
  let cause: Placed | undefined
  return ordered.flatMap((placed, index): TraceEvent[] => {
    const { event, track } = placed
    const [ns, what, of] = event
    if (what === 'value') cause = placed
    if (what !== 'count' || !/^retry_(precheck|stale)/.test(of) || cause === undefined) return []
    const arrow = { id: index + 1, name: of, cat: 'retry' }
    return flow(arrow, { ...cause.track, ns: cause.event[0] }, { ...track, ns })
  })
}

const HAND_OVER = 0x1000_0000

/** From the release of a lock to the worker that had waited for it. */
function handOvers(ordered: readonly Placed[]): TraceEvent[] {
  const released = new Map<string, Placed>()
  return ordered.flatMap((placed, index): TraceEvent[] => {
    const { event, track } = placed
    const [ns, what, of] = event
    if (what === 'held') released.set(of, placed)
    const from = released.get(of)
    if (what !== 'waited' || from === undefined || from.track.tid === track.tid) return []
    const arrow = { id: HAND_OVER + index, name: `hand over ${of}`, cat: 'lock' }
    return flow(arrow, { ...from.track, ns: from.event[0] }, { ...track, ns })
  })
}
