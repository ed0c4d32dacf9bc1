import type { Column } from '../../replay/column.ts'
import type { Recording } from '../../replay/recording.ts'
import type { TraceSummary } from '../../replay/summary.ts'
import { time } from '../numbers.ts'
import { commandText } from './command-text.ts'
import type { Figure, Page, Section, Table, Timeline } from './spec.ts'

/** A recorded VM: what is in the trace, and what that says. */
export type RecordedVm = { readonly recording: Recording; readonly summary: TraceSummary }

/** Marks beyond which a lane is thinned: every nth is drawn. */
const MOST_MARKS = 40_000

const NAMES = ['page fault', 'SPTE set', 'invalidation'] as const

/** A recording as a page, a section for each VM: when each thread did what, threads, invalidations, and the kernel's own waits. */
export function tracePage(file: string, vms: readonly RecordedVm[]): Page {
  return {
    title: `faultline: ${file}`,
    sections: vms.map((vm) => sectionOf(file, vm)),
    provenance: [
      ['recording', file],
      ['lines', vms.map(({ summary }) => whole(summary.lines)).join(', ')],
      ['span', vms.map(({ summary }) => time(summary.spanNs)).join(', ')],
    ],
  }
}

function sectionOf(file: string, { recording, summary }: RecordedVm): Section {
  const { verdict, vm, findings, warnings } = summary
  const command = commandText(['trace', file])
  return {
    title: vm === null ? file : `${file}, VM ${vm.number}`,
    about: [vm?.says ?? '', verdict.says, verdict.command === null ? '' : `To see what helps: ${verdict.command}`]
      .filter((text) => text !== '')
      .join(' '),
    answers: findings.map(({ says }) => ({ verdict: 'finding', text: says })),
    warnings,
    figures: [
      ...timelineFigure(recording, summary),
      tableFigure('threads', 'Longest waits for a lock, and longest times on a CPU.', threadsTable(summary)),
      tableFigure(
        'widths of invalidated ranges',
        'How many ranges have how many pages, by powers of two.',
        widthsTable(summary),
      ),
      tableFigure(
        'waits for locks, as the kernel saw them',
        'By role and kind of lock; a page of the replay has those of the variants beside them.',
        waitsTable(summary),
      ),
      tableFigure('events', 'Lines of each tracepoint.', {
        columns: ['event', 'lines'],
        rows: summary.events.map(({ name, count }) => [name, whole(count)]),
      }),
    ]
      .filter(({ table, body }) => body.type !== 'table' || table.rows.length > 0)
      .map((figure) => ({ ...figure, command })),
  }
}

const tableFigure = (title: string, caption: string, table: Table): Figure => ({
  title,
  kind: 'recorded',
  caption,
  command: '',
  body: { type: 'table' },
  table,
})

const whole = (count: number) => count.toLocaleString('en')
const orDash = (ns: number | null) => (ns === null ? '-' : time(ns))

const threadsTable = ({ threads }: TraceSummary): Table => ({
  columns: ['thread', 'role', 'pid', 'longest wait', 'longest on CPU', 'seen'],
  rows: threads.map(({ name, role, pid, longestWaitNs, longestOnCpuNs, evidence }) => {
    return [name, role, String(pid), orDash(longestWaitNs), orDash(longestOnCpuNs), evidence]
  }),
})

const widthsTable = ({ invalidations: { widths, everything } }: TraceSummary): Table => ({
  columns: ['pages from', 'ranges'],
  rows: [
    ...widths.map(({ from, count }) => [whole(from), whole(count)]),
    ...(everything === null || everything === 0 ? [] : [['everything', whole(everything)]]),
  ],
})

const waitsTable = ({ contention }: TraceSummary): Table => ({
  columns: ['role', 'lock', 'waits', 'median', 'p99', 'longest'],
  rows: contention.map(({ role, flags, waitsNs }) => {
    return [role, flags, whole(waitsNs.count), time(waitsNs.median), time(waitsNs.p99), time(waitsNs.max)]
  }),
})

/** When each thread faulted, set an SPTE, or invalidated a range. */
function timelineFigure({ tasks, invalidations }: Recording, summary: TraceSummary): Figure[] {
  const lanes = summary.threads.map(({ name, pid }) => `${name} ${pid}`)
  const laneOf = new Map(summary.threads.map(({ pid }, lane) => [pid, lane]))
  const marks: (readonly [lane: number, at: number, name: number])[] = []
  const put = (lane: number | undefined, name: number, times: Column<Float64Array> | undefined) => {
    for (let index = 0; lane !== undefined && index < (times?.length ?? 0); index += 1) {
      marks.push([lane, times!.at(index), name])
    }
  }
  for (const task of tasks.all) {
    const lane = laneOf.get(task.pid)
    put(lane, 0, task.pageFaults.stream?.atNs)
    put(lane, 1, task.installs.faults.stream?.atNs)
  }
  for (let index = 0; index < invalidations.length; index += 1) {
    const lane = laneOf.get(invalidations.pids.at(index))
    if (lane !== undefined) marks.push([lane, invalidations.atNs.at(index), 2])
  }
  if (marks.length === 0) return []
  marks.sort(([, a], [, b]) => a - b)
  const every = Math.ceil(marks.length / MOST_MARKS)
  const began = marks[0]![1]
  const drawn = marks
    .filter((_, index) => index % every === 0)
    .map(([lane, at, name]) => [lane, Math.round(at - began), name, name] as const)
  const body: Timeline = {
    type: 'timeline',
    lanes,
    names: NAMES,
    categories: NAMES,
    slices: [],
    marks: drawn,
    arrows: [],
  }
  const left = every === 1 ? '' : ` One in ${every} of ${whole(marks.length)} marks is drawn.`
  return [
    {
      ...tableFigure(
        'timeline',
        `Time since the first mark: page faults, SPTEs set and invalidations of each thread.${left}`,
        {
          columns: ['thread', ...NAMES.map((name) => `${name}s`)],
          rows: lanes.map((lane, at) => [
            lane,
            ...NAMES.map((_, name) => String(marks.filter(([own, , what]) => own === at && what === name).length)),
          ]),
        },
      ),
      body,
    },
  ]
}
