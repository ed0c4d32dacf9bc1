/** A line of `perf lock contention`: how often a lock was waited for at one place, and for how long. */
export type LockRow = {
  readonly waits: number
  readonly totalNs: number
  readonly maxNs: number
  readonly averageNs: number
  readonly kind: string
  readonly caller: string
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 }
const ROW = /^\s*(\d+)\s+([\d.]+) (ns|us|ms|s)\s+([\d.]+) (ns|us|ms|s)\s+([\d.]+) (ns|us|ms|s)\s+(\S+)\s+(\S.*)$/
/** Callers in which KVM's MMU waits. */
const OF_KVM = /kvm|direct_page_fault|tdp_|mmu_notifier|paging\w*_page_fault|stage2|user_mem_abort/

/** The rows of a table, KVM's only. */
export function kvmRows(text: string): readonly LockRow[] {
  const rows = text.split('\n').map((line) => ROW.exec(line))
  return rows
    .filter((match) => match !== null)
    .map((match) => {
      const ns = (at: number) => Number(match[at]) * UNITS[match[at + 1]!]!
      return {
        waits: Number(match[1]),
        totalNs: ns(2),
        maxNs: ns(4),
        averageNs: ns(6),
        kind: match[8]!,
        caller: match[9]!.trim(),
      }
    })
    .filter(({ caller }) => OF_KVM.test(caller))
}

const us = (ns: number) => `${Number((ns / 1000).toPrecision(3)).toLocaleString('en-US')} us`

/**
 * What can be done with the table: the longest wait of readers is as long as some hold of a writer was at least, and the waits
 * stand beside those of a run. It has no ranges, so nothing can be replayed, and no holds, so no cost follows from it exactly.
 */
export function lockContentionHint(text: string): string {
  const rows = kvmRows(text)
  const record = 'Record events, which can be replayed: scripts/record-kvm-trace --help.'
  if (rows.length === 0) return `No line of it is of KVM's MMU. ${record}`
  const said = rows.slice(0, 3).map((row) => {
    return `${row.kind} at ${row.caller}: ${row.waits.toLocaleString('en-US')} waits, ${us(row.averageNs)} on average, ${us(row.maxNs)} at most`
  })
  const readers = rows.filter(({ kind }) => kind.endsWith(':R'))
  const longest = readers.toSorted((a, b) => b.maxNs - a.maxNs)[0]
  const pages = 22_528
  const cost = longest === undefined ? undefined : Math.max(1, Math.round(longest.maxNs / pages))
  const calibrate =
    cost === undefined
      ? ''
      : ` A writer held the lock for ${us(longest!.maxNs)} at least; if that was one unmap of the default range of ${pages.toLocaleString('en-US')} pages, a zap took ${cost} ns a page: faultline bench -s precheck --set cost.zap_spte=${cost}, and compare the row "mmu_lock wait" with the average above.`
  return `KVM's locks: ${said.join('; ')}.${calibrate} ${record}`
}
