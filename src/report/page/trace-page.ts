import type { Recording } from '../../replay/recording.ts'
import type { TraceSummary } from '../../replay/summary.ts'
import { time } from '../numbers.ts'
import { recordedTimeline } from './charts/recorded-timeline.ts'
import { commandText } from './command-text.ts'
import type { Figure, Page, Section, Table } from './spec.ts'

/** A recorded VM: its recording and its summary. */
export type RecordedVm = { readonly recording: Recording; readonly summary: TraceSummary }

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
    title: vm === null ? 'What was recorded' : `VM ${vm.number}`,
    gist: verdict.says,
    shows: 'all',
    about: [vm?.says ?? '', verdict.command === null ? '' : `To see what helps: ${verdict.command}`]
      .filter((text) => text !== '')
      .join(' '),
    answers: [verdict.says, ...findings.map(({ says }) => says)].map((text) => ({ verdict: 'finding', text })),
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
        'By role and kind of lock. With results that replay it, `faultline report RECORDING RESULT` has the waits of their variants beside these.',
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

function timelineFigure(recording: Recording, summary: TraceSummary): Figure[] {
  const drawn = recordedTimeline(recording, summary)
  if (drawn === undefined) return []
  const { body, table, caption } = drawn
  return [{ ...tableFigure('timeline', caption, table), body }]
}
