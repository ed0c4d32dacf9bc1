import type { RunTimeline } from '../../../bench/result.ts'
import { timelineEvents } from '../../chrome-trace/timeline-events.ts'
import type { TraceEvent } from '../../chrome-trace/trace-event.ts'
import type { Table, Timeline } from '../spec.ts'

type Drawn = { readonly body: Timeline; readonly table: Table }

/** The legend of the kinds of events; the order is fixed, so that each has one colour on all timelines. */
const KINDS: Readonly<Record<string, string>> = {
  span: 'fault or invalidation',
  wait: 'wait for a lock',
  hold: 'lock held',
  notifier: 'invalidation count changes',
  broadcast: 'broadcast',
  tlb: 'flush',
  retry: 'retry',
  yield: 'yield',
}

/** Counts of the recorded kernel that correspond to a span of a run. */
const AS_SPAN = ['pf', 'unmap']

/** The activity of each CPU: holds, waits, flushes, invalidations, and the retry that an invalidation caused. Events are in us. */
export function timelineChart(timeline: RunTimeline): Drawn | undefined {
  const events = timelineEvents(timeline, 0, '')
  const names = new Numbered()
  const categories = new Numbered(Object.keys(KINDS))
  const ns = (us: number | undefined) => Math.round((us ?? 0) * 1000)
  const slices = slicesOf(events).map(({ tid, ts, dur, name, cat }) => {
    return [tid ?? 0, ns(ts), ns(dur), names.of(name), categories.of(cat ?? '')] as const
  })
  const marks = events
    .filter(({ ph }) => ph === 'i')
    .map(
      ({ tid, ts, name, cat }) =>
        [tid ?? 0, ns(ts), names.of(name), categories.of(AS_SPAN.includes(cat ?? '') ? 'span' : (cat ?? ''))] as const,
    )
  if (slices.length + marks.length === 0) return undefined
  const lanes = timeline.cpus.map(({ name }) => name)
  return {
    body: {
      type: 'timeline',
      lanes,
      slices,
      marks,
      arrows: arrowsOf(events, names),
      names: names.all,
      categories: categories.all.map((kind) => KINDS[kind] ?? kind.replaceAll('_', ' ')),
      outer: categories.of('span'),
    },
    table: totalsOf(lanes, slices, names.all),
  }
}

/** Slices that overlap have a begin and an end event; the others are whole events. */
function slicesOf(events: readonly TraceEvent[]): TraceEvent[] {
  const open = new Map<string, TraceEvent>()
  return events.flatMap((event) => {
    const key = `${event.tid} ${event.id} ${event.name}`
    if (event.ph === 'b') open.set(key, event)
    const began = event.ph === 'e' ? open.get(key) : undefined
    if (began !== undefined) return [{ ...began, dur: (event.ts ?? 0) - (began.ts ?? 0) }]
    return event.ph === 'X' ? [event] : []
  })
}

/** From an invalidation to the retry that it caused. */
function arrowsOf(events: readonly TraceEvent[], names: Numbered): Timeline['arrows'] {
  const from = new Map(events.filter(({ ph, cat }) => ph === 's' && cat === 'retry').map((event) => [event.id, event]))
  return events.flatMap((event) => {
    const cause = event.ph === 'f' ? from.get(event.id) : undefined
    if (cause === undefined) return []
    const at = (us: number | undefined) => Math.round((us ?? 0) * 1000)
    return [[cause.tid ?? 0, at(cause.ts), event.tid ?? 0, at(event.ts), names.of(event.name)] as const]
  })
}

class Numbered {
  readonly all: string[]
  readonly #at: Map<string, number>

  constructor(known: readonly string[] = []) {
    this.all = [...known]
    this.#at = new Map(known.map((name, at) => [name, at]))
  }

  of(name: string): number {
    const known = this.#at.get(name)
    if (known !== undefined) return known
    this.#at.set(name, this.all.length)
    return this.all.push(name) - 1
  }
}

/** The number and total time of each CPU's activities: the picture as text. */
function totalsOf(lanes: readonly string[], slices: Timeline['slices'], names: readonly string[]): Table {
  const totals = new Map<string, { lane: number; name: number; count: number; ns: number; longest: number }>()
  for (const [lane, , length, name] of slices) {
    const key = `${lane} ${name}`
    const sum = totals.get(key) ?? { lane, name, count: 0, ns: 0, longest: 0 }
    totals.set(key, { lane, name, count: sum.count + 1, ns: sum.ns + length, longest: Math.max(sum.longest, length) })
  }
  return {
    columns: ['CPU', 'what', 'times', 'total ns', 'longest ns'],
    rows: [...totals.values()].map(({ lane, name, count, ns, longest }) => [
      lanes[lane]!,
      names[name]!,
      String(count),
      String(ns),
      String(longest),
    ]),
  }
}
