import type { Contention, MmuLock } from './contention.ts'
import type { TraceSummary } from './summary.ts'
import { tableOf } from './table.ts'
import { count, percent, time } from './words.ts'

const THREADS_SHOWN = 24
const EVENTS_SHOWN = 16
const SLOTS_SHOWN = 16

/** There is no rate if nothing was traced, if the trace has no times, or if it spans no time. */
function amount(rate: number | null, all: number | null): string {
  if (all === null) return 'not traced'
  return rate === null ? count(all) : `${count(Math.round(rate))}/s, ${count(all)}`
}

/** Formats the summary for the terminal, in the order of a kernel engineer's questions. */
export function summaryText(summary: TraceSummary): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['this host', verdict(summary)],
    ['trace', overview(summary)],
    ['findings', summary.findings.map(({ says }) => says)],
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

function verdict({ verdict: { says, command, basis }, vm }: TraceSummary): readonly string[] {
  const lines = vm === null ? [says] : [vm.says, says]
  if (command !== null)
    lines.push(`to see what helps${/--trace FILE /.test(command) ? ', with this recording in FILE' : ''}: ${command}`)
  return [...lines, `rests on ${basis}`]
}

function overview({ spanNs, lines, faults, ...summary }: TraceSummary): readonly string[] {
  const counted = faults === null ? '' : `: ${faults.says}`
  return [
    `span           ${spanNs > 0 ? time(spanNs) : 'unknown'}, ${count(lines)} lines`,
    `faults         ${amount(summary.faultsPerSecond, faults?.count ?? null)}${counted}${apartOf(faults)}`,
    `SPTEs set      ${amount(summary.sptesSetPerSecond, summary.sptesSet)}`,
    `invalidations  ${amount(summary.invalidationsPerSecond, summary.invalidations.count)}`,
    `mmu            ${summary.mmu ?? 'unknown'}`,
  ]
}

function apartOf(faults: TraceSummary['faults']): string {
  if (faults === null) return ''
  const parts: readonly (readonly [number, string])[] = [
    [faults.madeWritable, 'only made a page writable'],
    [faults.private, 'are private'],
    [faults.repeated, 'repeat one that was not answered'],
    [faults.device, 'of devices are not among them'],
    [faults.nested, 'of nested guests are not among them'],
  ]
  const named = parts.filter(([found]) => found > 0).map(([found, what]) => `${count(found)} ${what}`)
  return named.length === 0 ? '' : `; ${named.join(', ')}`
}

function threads({ threads: all }: TraceSummary): readonly string[] {
  const rows = all.map(({ role, pid, name, longestWaitNs, longestOnCpuNs, evidence }) => {
    const longest = [longestWaitNs, longestOnCpuNs].map((ns) => (ns === null ? '-' : time(ns)))
    return [role, String(pid), name, ...longest, evidence]
  })
  return cutOff(
    tableOf(['role', 'pid', 'name', 'longest wait', 'longest on CPU', 'seen'], rows.slice(0, THREADS_SHOWN)),
    all.length - THREADS_SHOWN,
  )
}

function events({ events: all }: TraceSummary): readonly string[] {
  const rows = all.map((event) => [event.name, count(event.count)])
  return cutOff(tableOf(['event', 'lines'], rows.slice(0, EVENTS_SHOWN)), all.length - EVENTS_SHOWN)
}

function invalidations({
  invalidations: { count: all, pages, widths, everything, outsideMemslots },
}: TraceSummary): string[] {
  if (pages === null || all === null || everything === null) return []
  const spread = `min ${count(pages.min)}, median ${count(pages.median)}, p99 ${count(pages.p99)}, max ${count(pages.max)}`
  const buckets = widths.map(({ from, count: ranges }) => `${widthName(from)}: ${count(ranges)}`)
  const lines = everything === all ? [] : [`pages a range: ${spread}`, buckets.join('   ')]
  if (everything > 0) lines.push(`${count(everything)} ranges are everything`)
  if (outsideMemslots === null) return [...lines, 'how many hit no memslot is unknown']
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
  if (lock === null) return ['no wait for a lock that may be it is in the trace']
  const { holdEstimateNs: hold, holdsAreSure, waitsPerFault, waitsPerSpte } = lock
  const lines = [`taken to be ${lock.address}: ${lock.says}`, ...contentionTable(lock.contention)]
  if (waitsPerFault !== null) lines.push(`vCPUs waited at ${percent(waitsPerFault)} of their faults`)
  if (waitsPerSpte !== null) lines.push(`vCPUs waited at ${percent(waitsPerSpte)} of the SPTEs they set`)
  if (hold !== null) {
    const spread = `median ${time(hold.median)}, p99 ${time(hold.p99)}, of ${count(hold.count)}`
    const doubt = holdsAreSure ? '' : '; a retry between the two would not show'
    lines.push(`from the end of a wait to the SPTE of the same fault, an estimate of the hold: ${spread}${doubt}`)
  }
  return lines
}

const cutOff = (lines: readonly string[], more: number): readonly string[] =>
  more > 0 ? [...lines, `and ${count(more)} more`] : lines
