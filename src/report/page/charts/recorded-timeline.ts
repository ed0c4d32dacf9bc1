import type { Column } from '../../../replay/column.ts'
import { LONGEST_UNSURE_NS } from '../../../replay/contention.ts'
import type { Recording } from '../../../replay/recording.ts'
import type { TraceSummary } from '../../../replay/summary.ts'
import type { Task } from '../../../replay/task.ts'
import { time } from '../../numbers.ts'
import type { Table, Timeline } from '../spec.ts'

/** More marks than this are thinned: every nth is drawn. */
const MOST_MARKS = 40_000
/** If there are more waits or holds, only the longest are drawn. */
const MOST_SLICES = 20_000
/** If there are more threads, only those with the most events are drawn. */
const MOST_LANES = 40

const MARKS = ['page fault', 'SPTE set', 'invalidation'] as const
/** Waits and holds have the colours that they have in the timeline of a run. */
const CATEGORIES = [
  'page fault',
  'wait for mmu_lock',
  'mmu_lock held, as far as recorded',
  'invalidation',
  'SPTE set',
  'wait for another lock',
]
const OF_MARK = MARKS.map((name) => CATEGORIES.indexOf(name))
const [WAIT, HOLD, OTHER_WAIT] = [1, 2, 5] as const
const DRAWN: readonly number[] = [HOLD, OTHER_WAIT, WAIT]

type Mark = readonly [lane: number, at: number, name: number]
type Slice = readonly [lane: number, from: number, ns: number, name: string, category: number]

/** The activity of each thread of a recording: its faults, SPTEs and invalidations, its waits for locks, and the known holds. */
export function recordedTimeline(
  recording: Recording,
  summary: TraceSummary,
): { readonly body: Timeline; readonly table: Table; readonly caption: string } | undefined {
  const { lanes, laneOf } = lanesOf(recording, summary)
  const marks = marksOf(recording, laneOf)
  const slices = recording.tasks.all.flatMap((task) => slicesOf(task, laneOf.get(task.pid), recording, summary))
  if (marks.length + slices.length === 0) return undefined
  const began = Math.min(...[marks, slices].flatMap((all) => (all.length === 0 ? [] : [all.reduce(earlier)[1]])))
  const every = Math.ceil(marks.length / MOST_MARKS)
  const longest = slices.length <= MOST_SLICES ? slices : slices.toSorted((a, b) => b[2] - a[2]).slice(0, MOST_SLICES)
  const names = [...MARKS, ...new Set(longest.map(([, , , name]) => name))]
  const numberOf = new Map(names.map((name, at) => [name, at]))
  const since = (ns: number) => Math.round(ns - began)
  return {
    body: {
      type: 'timeline',
      isApart: true,
      lanes,
      names,
      categories: CATEGORIES,
      // Waits are drawn over holds: many of both are thinner than a line.
      slices: longest
        .toSorted((a, b) => DRAWN.indexOf(a[4]) - DRAWN.indexOf(b[4]))
        .map(([lane, from, ns, name, category]) => {
          return [lane, since(from), Math.round(ns), numberOf.get(name)!, category] as const
        }),
      marks: marks
        .filter((_, index) => index % every === 0)
        .map(([lane, at, name]) => [lane, since(at), name, OF_MARK[name]!] as const),
      arrows: [],
    },
    table: tableOf(lanes, marks, slices),
    caption: [
      'Time since the first event of a thread: its page faults, SPTEs set and invalidations, and its waits for locks.',
      ...(slices.some(([, , , , category]) => category === HOLD)
        ? [
            'A hold of mmu_lock is drawn from the end of a wait to the next SPTE of the same thread, which is a lower bound.',
          ]
        : []),
      ...(every === 1 ? [] : [`One in ${every} of ${whole(marks.length)} marks is drawn.`]),
      ...(longest === slices
        ? []
        : [`Of ${whole(slices.length)} waits and holds the longest ${whole(MOST_SLICES)} are.`]),
      ...(summary.threads.length > lanes.length
        ? [`Of ${whole(summary.threads.length)} threads the ${MOST_LANES} with the most events are.`]
        : []),
    ].join(' '),
  }
}

const earlier = <T extends readonly [number, number, ...unknown[]]>(a: T, b: T) => (b[1] < a[1] ? b : a)
const whole = (count: number) => count.toLocaleString('en')

function lanesOf(recording: Recording, { threads }: TraceSummary) {
  const busy = new Map(recording.tasks.all.map((task) => [task.pid, eventsOf(task)]))
  const eventsAt = (pid: number) => busy.get(pid) ?? 0
  const kept = new Set(
    threads
      .map(({ pid }) => pid)
      .toSorted((a, b) => eventsAt(b) - eventsAt(a))
      .slice(0, MOST_LANES),
  )
  const drawn = threads.filter(({ pid }) => kept.has(pid))
  return {
    lanes: drawn.map(({ name, pid }) => `${name} ${pid}`),
    laneOf: new Map(drawn.map(({ pid }, lane) => [pid, lane])),
  }
}

const eventsOf = ({ faults, installs, unmaps, waitSpans }: Task) =>
  faults + installs.count + unmaps + (waitSpans?.length ?? 0)

function marksOf({ tasks, invalidations }: Recording, laneOf: ReadonlyMap<number, number>): Mark[] {
  const marks: Mark[] = []
  const put = (lane: number | undefined, name: number, times: Column<Float64Array> | undefined) => {
    for (let index = 0; lane !== undefined && index < (times?.length ?? 0); index += 1) {
      marks.push([lane, times!.at(index), name])
    }
  }
  for (const task of tasks.all) {
    const lane = laneOf.get(task.pid)
    put(lane, 0, task.pageFaults.stream?.atNs)
    put(lane, 0, task.guestFaults.stream?.atNs)
    put(lane, 1, task.installs.faults.stream?.atNs)
    if (task.installs.count === 0) put(lane, 1, task.tdpInstalls.stream?.atNs)
  }
  for (let index = 0; index < invalidations.length; index += 1) {
    const lane = laneOf.get(invalidations.pids.at(index))
    if (lane !== undefined) marks.push([lane, invalidations.atNs.at(index), 2])
  }
  return marks.sort(([, a], [, b]) => a - b)
}

function slicesOf(task: Task, lane: number | undefined, { locks }: Recording, { mmuLock }: TraceSummary): Slice[] {
  if (lane === undefined) return []
  const { waitSpans: waits, holdSpans: holds } = task
  const sideOf = (flags: number) => {
    const name = locks.flagsName(flags)
    return name.includes('READ') ? ' for read' : name.includes('WRITE') ? ' for write' : ''
  }
  const slices: Slice[] = []
  for (let index = 0; index < (waits?.length ?? 0); index += 1) {
    const { fromNs, ns, flags, rwlock } = waits!.at(index)
    const isMmuLock = mmuLock !== null && rwlock === mmuLock.rwlock
    const name = isMmuLock ? `wait for mmu_lock${sideOf(flags)}` : `wait for a lock (${locks.flagsName(flags)})`
    slices.push([lane, fromNs, ns, name, isMmuLock ? WAIT : OTHER_WAIT])
  }
  for (let index = 0; index < (holds?.length ?? 0); index += 1) {
    const { fromNs, ns, flags, rwlock } = holds!.at(index)
    const isSure = mmuLock?.holdsAreSure === true || ns <= LONGEST_UNSURE_NS
    if (rwlock === mmuLock?.rwlock && isSure) slices.push([lane, fromNs, ns, `mmu_lock held${sideOf(flags)}`, HOLD])
  }
  return slices
}

function tableOf(lanes: readonly string[], marks: readonly Mark[], slices: readonly Slice[]): Table {
  const counts = lanes.map(() => MARKS.map(() => 0))
  for (const [lane, , name] of marks) counts[lane]![name]! += 1
  const sums = lanes.map(() => CATEGORIES.map(() => ({ count: 0, ns: 0 })))
  for (const [lane, , ns, , category] of slices) {
    const sum = sums[lane]![category]!
    sum.count += 1
    sum.ns += ns
  }
  const spans = [WAIT, OTHER_WAIT, HOLD].filter((category) => sums.some((own) => own[category]!.count > 0))
  return {
    columns: [
      'thread',
      ...MARKS.map((name) => `${name}s`),
      ...spans.flatMap((category) => [CATEGORIES[category]!, 'in all']),
    ],
    rows: lanes.map((lane, at) => [
      lane,
      ...counts[at]!.map(String),
      ...spans.flatMap((category) => {
        const { count, ns } = sums[at]![category]!
        return [String(count), count === 0 ? '-' : time(ns)]
      }),
    ]),
  }
}
