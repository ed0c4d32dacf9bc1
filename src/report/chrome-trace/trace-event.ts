/** An event of the Trace Event Format, JSON, as chrome://tracing and ui.perfetto.dev read it. Times are us. */
export type TraceEvent = {
  readonly name: string
  readonly ph: 'M' | 'X' | 'b' | 'e' | 'i' | 'C' | 's' | 'f'
  readonly pid: number
  readonly tid?: number
  readonly ts?: number
  readonly dur?: number
  readonly cat?: string
  readonly id?: number
  readonly s?: 't'
  readonly bp?: 'e'
  readonly args?: Readonly<Record<string, string | number>>
}

/** A track: a CPU of a run. */
export type Track = { readonly pid: number; readonly tid: number }

/** A time with a beginning and an end, ns. */
export type Slice = { readonly name: string; readonly cat: string; readonly fromNs: number; readonly untilNs: number }

/** us with three digits: the format's unit, to the ns. */
const us = (ns: number): number => Math.round(ns) / 1000

export const document = (events: readonly TraceEvent[], about: Readonly<Record<string, string>>): string =>
  `{"displayTimeUnit":"ns","otherData":${JSON.stringify(about)},"traceEvents":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`

export const processName = (pid: number, name: string): TraceEvent => ({
  name: 'process_name',
  ph: 'M',
  pid,
  args: { name },
})

export const threadName = ({ pid, tid }: Track, name: string): TraceEvent[] => [
  { name: 'thread_name', ph: 'M', pid, tid, args: { name } },
  { name: 'thread_sort_index', ph: 'M', pid, tid, args: { sort_index: tid } },
]

export const instant = ({ pid, tid }: Track, name: string, cat: string, ns: number): TraceEvent => ({
  name,
  cat,
  ph: 'i',
  s: 't',
  pid,
  tid,
  ts: us(ns),
})

export const counter = (pid: number, name: string, ns: number, value: number): TraceEvent => ({
  name,
  ph: 'C',
  pid,
  ts: us(ns),
  args: { value },
})

/** An arrow from one track to another; its ends bind to the slices that are there at the time. */
export function flow(
  { id, name, cat }: { readonly id: number; readonly name: string; readonly cat: string },
  from: Track & { readonly ns: number },
  to: Track & { readonly ns: number },
): TraceEvent[] {
  return [
    { name, cat, ph: 's', id, pid: from.pid, tid: from.tid, ts: us(from.ns) },
    { name, cat, ph: 'f', bp: 'e', id, pid: to.pid, tid: to.tid, ts: us(to.ns) },
  ]
}

/**
 * Slices of one track. The format nests them by time: a slice that partly overlaps another goes to a separate
 * asynchronous track.
 */
export function slices({ pid, tid }: Track, all: readonly Slice[]): TraceEvent[] {
  const open: Slice[] = []
  const ordered = all.toSorted((a, b) => a.fromNs - b.fromNs || b.untilNs - a.untilNs)
  return ordered.flatMap((slice, index): TraceEvent[] => {
    while (open.length > 0 && open.at(-1)!.untilNs <= slice.fromNs) open.pop()
    const { name, cat, fromNs, untilNs } = slice
    const around = open.at(-1)
    if (around === undefined || untilNs <= around.untilNs) {
      open.push(slice)
      // The end is rounded, not the length: else what ends together would not.
      const dur = Math.round((us(untilNs) - us(fromNs)) * 1000) / 1000
      return [{ name, cat, ph: 'X', pid, tid, ts: us(fromNs), dur }]
    }
    const id = tid * 1_000_000 + index
    return [
      { name, cat, ph: 'b', id, pid, tid, ts: us(fromNs) },
      { name, cat, ph: 'e', id, pid, tid, ts: us(untilNs) },
    ]
  })
}
