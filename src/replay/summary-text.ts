import type { Contention, MmuLock } from './contention.ts'
import type { TraceSummary } from './summary.ts'
import { tableOf } from './table.ts'

const THREADS_SHOWN = 24
const EVENTS_SHOWN = 16
const SLOTS_SHOWN = 16

const count = (value: number) => value.toLocaleString('en-US')
const rate = (value: number) => `${count(Math.round(value))}/s`
const percent = (share: number) => `${(share * 100).toFixed(1)} %`

const UNITS = [
  { size: 1e9, name: 's' },
  { size: 1e6, name: 'ms' },
  { size: 1e3, name: 'us' },
]

/** 1234567 -> `1.23 ms`. */
function time(ns: number): string {
  const { size, name } = UNITS.find((unit) => ns >= unit.size) ?? { size: 1, name: 'ns' }
  return `${count(Number((ns / size).toPrecision(3)))} ${name}`
}

/** For the terminal: what a kernel engineer asks of a trace, in the order in which he asks it. */
export function summaryText(summary: TraceSummary): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['trace', overview(summary)],
    ['threads', threads(summary)],
    ['events', events(summary)],
    ['invalidations', invalidations(summary)],
    ['memslots', memslots(summary)],
    ['waits for locks, as the kernel saw them', waits(summary)],
    ['mmu_lock', mmuLock(summary.mmuLock)],
    ['warnings', summary.warnings],
  ]
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${[title, ...lines.map((line) => `  ${line}`)].join('\n')}\n`)
    .join('\n')
}

function overview({ spanNs, lines, faults, ...summary }: TraceSummary): readonly string[] {
  const counted = faults === null ? '' : `, ${count(faults.count)}: ${faults.says}`
  return [
    `span           ${time(spanNs)}, ${count(lines)} lines`,
    `faults         ${rate(summary.faultsPerSecond)}${counted}`,
    `SPTEs set      ${rate(summary.sptesSetPerSecond)}, ${count(summary.sptesSet)}`,
    `invalidations  ${rate(summary.invalidationsPerSecond)}, ${count(summary.invalidations.count)}`,
  ]
}

function threads({ threads: all }: TraceSummary): readonly string[] {
  const rows = all.map(({ role, pid, name, evidence }) => [role, String(pid), name, evidence])
  return cutOff(tableOf(['role', 'pid', 'name', 'seen'], rows.slice(0, THREADS_SHOWN)), all.length - THREADS_SHOWN)
}

function events({ events: all }: TraceSummary): readonly string[] {
  const rows = all.map((event) => [event.name, count(event.count)])
  return cutOff(tableOf(['event', 'lines'], rows.slice(0, EVENTS_SHOWN)), all.length - EVENTS_SHOWN)
}

function invalidations({ invalidations: { count: all, pages, widths, outsideMemslots } }: TraceSummary): string[] {
  if (pages === null) return []
  const spread = `min ${count(pages.min)}, median ${count(pages.median)}, p99 ${count(pages.p99)}, max ${count(pages.max)}`
  const buckets = widths.map(({ from, count: ranges }) => `${widthName(from)}: ${count(ranges)}`)
  const lines = [`pages a range: ${spread}`, buckets.join('   ')]
  if (outsideMemslots === null) return lines
  return [...lines, `${count(outsideMemslots)} ranges (${percent(outsideMemslots / all)}) hit no memslot`]
}

const widthName = (from: number) => (from === 1 ? '1 page' : `${count(from)} to ${count(from * 2 - 1)}`)

function memslots({ memslots: { says, slots } }: TraceSummary): readonly string[] {
  const lines = slots.map(({ slot, baseGfn, hva, pages }) => {
    return `slot ${slot}: gfn 0x${baseGfn.toString(16)}, hva ${hva}, ${count(pages)} pages`
  })
  return [says, ...cutOff(lines.slice(0, SLOTS_SHOWN), slots.length - SLOTS_SHOWN)]
}

function waits({ contention, unpairedContention }: TraceSummary): readonly string[] {
  const open = unpairedContention > 0 ? [`${count(unpairedContention)} begins or ends without the other`] : []
  return [...contentionTable(contention), ...open]
}

function contentionTable(rows: readonly Contention[]): readonly string[] {
  if (rows.length === 0) return []
  const cells = rows.map(({ role, flags, waitsNs: { count: all, total, median, p99, max } }) => {
    return [role, flags, count(all), ...[total, median, p99, max].map(time)]
  })
  return tableOf(['role', 'flags', 'waits', 'total', 'median', 'p99', 'max'], cells)
}

function mmuLock(lock: MmuLock | null): readonly string[] {
  if (lock === null) return ['nobody waited for a rwlock']
  const { holdEstimateNs: hold, waitsPerFault, waitsPerSpte } = lock
  const lines = [`taken to be ${lock.address}: ${lock.says}`, ...contentionTable(lock.contention)]
  if (waitsPerFault !== null) lines.push(`vCPUs waited at ${percent(waitsPerFault)} of their faults`)
  if (waitsPerSpte !== null) lines.push(`vCPUs waited at ${percent(waitsPerSpte)} of the SPTEs they set`)
  if (hold !== null) {
    const spread = `median ${time(hold.median)}, p99 ${time(hold.p99)}, of ${count(hold.count)}`
    lines.push(`from the end of a wait to the SPTE, an estimate of the hold: ${spread}`)
  }
  return lines
}

const cutOff = (lines: readonly string[], more: number): readonly string[] =>
  more > 0 ? [...lines, `and ${count(more)} more`] : lines
