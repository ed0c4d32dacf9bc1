import { LOCK_STAT, lockStatRows } from './lock-stat.ts'
import { COLOURS } from './paste.ts'
import { roleIn, type WaitRow } from './wait-row.ts'

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }
/** Some locales write a comma for the point. */
const TIME = String.raw`(\d+(?:[.,]\d+)?) (ns|us|ms|s|m|h)`
const ROW = new RegExp(String.raw`^\s*(\d+)\s+${TIME}\s+${TIME}\s+${TIME}\s+(\S+)\s+(\S.*)$`)
/** `-x ,`: times are ns, and the separator is the argument of -x. */
const SEPARATED =
  /^\s*(\d+)\s*[,;|\t]\s*(\d+)\s*[,;|\t]\s*(\d+)\s*[,;|\t]\s*(\d+)\s*[,;|\t]\s*([\w:-]+)\s*[,;|\t]\s*(\S[^,;|\t]*)/
/** `perf lock report`, of a kernel with lockdep: it knows locks by name, and waits of both sides together. */
const REPORTED = new RegExp(
  String.raw`^\s*(\S*mmu_lo\S*)\s+\d+\s+(\d+)\s+${TIME}\s+${TIME}\s+${TIME}(?:\s+${TIME})?\s*$`,
)
/** Callers in which KVM's MMU waits. */
const OF_KVM = /kvm|mmu_lock|direct_page_fault|tdp_|mmu_notifier|paging\w*_page_fault|stage2|user_mem_abort/

/** All rows of a table, in each of its forms; those of `-t` and `-l` too, which have a task or an address in place of a caller. */
function rowsOf(text: string): readonly WaitRow[] {
  return text.split('\n').flatMap((line) => {
    const row = tableRow(line) ?? separatedRow(line) ?? reportedRow(line)
    return row === undefined ? [] : [row]
  })
}

function tableRow(line: string): WaitRow | undefined {
  const match = ROW.exec(line)
  if (match === null) return undefined
  const ns = nsIn(match)
  return {
    waits: Number(match[1]),
    totalNs: ns(2),
    maxNs: ns(4),
    averageNs: ns(6),
    kind: match[8]!,
    caller: match[9]!.trim(),
  }
}

function separatedRow(line: string): WaitRow | undefined {
  const match = SEPARATED.exec(line)
  if (match === null) return undefined
  const [waits, totalNs, maxNs, averageNs] = match.slice(1, 5).map(Number)
  return {
    waits: waits!,
    totalNs: totalNs!,
    maxNs: maxNs!,
    averageNs: averageNs!,
    kind: match[5]!,
    caller: match[6]!.trim(),
  }
}

function reportedRow(line: string): WaitRow | undefined {
  const match = REPORTED.exec(line)
  if (match === null) return undefined
  const ns = nsIn(match)
  return { waits: Number(match[2]), averageNs: ns(3), totalNs: ns(5), maxNs: ns(7), kind: 'rwlock', caller: match[1]! }
}

const nsIn = (match: RegExpExecArray) => (at: number) => Number(match[at]!.replace(',', '.')) * UNITS[match[at + 1]!]!

/** Locks that sleep, by type or behind the symbol of an address: mmu_lock is none of them. */
const SLEEPERS = /^(?:mutex|semaphore|rwsem|pcpu-sem|percpu)|\((?:mutex|semaphore|rwsem|percpu-rwsem)\)$/

/** The rows of KVM's MMU: not those of its mutexes, and of spinlocks only where faults and notifiers wait. */
export function kvmRows(text: string): readonly WaitRow[] {
  const table = withoutQuotes(text)
  const ofClasses = lockStatRows(table).filter(({ waits }) => waits > 0)
  if (ofClasses.length > 0) return ofClasses
  return OF_TASKS.test(table) ? [] : rowsOf(table).filter(mayBeMmuLock)
}

/** The table without the quotation marks, colours and line ends that a mail adds. */
const withoutQuotes = (text: string) =>
  text
    .replaceAll('\r\n', '\n')
    .replace(COLOURS, '')
    .replace(/^(?:[>|][ \t]?)+/gm, '')

function mayBeMmuLock(row: WaitRow): boolean {
  const { caller, kind } = row
  if (!OF_KVM.test(caller) || SLEEPERS.test(kind) || SLEEPERS.test(caller)) return false
  return kind !== 'spinlock' || waiterOf(row) !== undefined
}

/** The role that waits there; undefined if the caller does not show it. */
export const waiterOf = ({ caller, role }: WaitRow): WaitRow['role'] => role ?? roleIn(caller)

const ALL_COLUMNS =
  /contended\s+total wait\s+max wait\s+avg wait|# output: contended[,;|\t] *total wait[,;|\t] *max wait[,;|\t] *avg wait/m
const SOME_COLUMNS =
  /^[>|\s]*(?:contended|(?:total|max|avg|min) wait)\s.*(?:type\s+caller|pid\s+(?:comm|owner)|address\s+symbol)|^[>|\s]*# output: (?:contended|\w+ wait)[,;|\t]/m
/** With -t a row is a task, which waits for any lock; with -o one that held it. */
const OF_TASKS = /wait[,;|\s]+pid[,;|\s]+(?:comm|owner)/
/** The header of a table, with any columns. */
export const WAIT_TABLE = new RegExp(`${ALL_COLUMNS.source}|${SOME_COLUMNS.source}|Name\\s+acquired\\s+contended`, 'm')

/** Whether a text is such a table. */
export const isWaitTable = (text: string): boolean => WAIT_TABLE.test(text) || LOCK_STAT.test(withoutQuotes(text))

/** Why a table has no row of KVM's. */
export function whyNoRows(text: string): string {
  if (/avg wait[,;|\s]+pid[,;|\s]+comm/.test(text))
    return 'It lists tasks (-t), which wait for any lock: leave -t out to get rows by caller'
  if (/wait[,;|\s]+pid[,;|\s]+owner/.test(text))
    return 'It lists tasks that held locks (-o), for any lock: leave -o out to get rows by caller'
  if (SOME_COLUMNS.test(text) && !ALL_COLUMNS.test(text))
    return 'It has some columns only (-F), and averages and the longest wait are needed: leave -F out'
  if (/avg wait\s+address\s+symbol/.test(text))
    return 'It lists locks by address (-l), and none is named mmu_lock: leave -l out to get rows by caller'
  if (LOCK_STAT.test(withoutQuotes(text))) return 'No wait for mmu_lock is counted in it: was the load running?'
  return "It has no line about KVM's MMU"
}

const us = (ns: number) => `${Number((ns / 1000).toPrecision(3)).toLocaleString('en-US')} us`

/** The content of the table, and what can be done with it. */
export function lockContentionHint(text: string): string {
  const rows = kvmRows(text)
  const record = 'Record events, which can be replayed: scripts/record-kvm-trace --help.'
  if (rows.length === 0) return `${whyNoRows(text)}. ${record}`
  const formatted = rows.slice(0, 3).map((row) => {
    return `${row.kind} at ${row.caller}: ${row.waits.toLocaleString('en-US')} waits, ${us(row.averageNs)} on average, ${us(row.maxNs)} at most`
  })
  return `KVM's locks: ${formatted.join('; ')}. To derive costs from it and compare a replay with it: faultline contention FILE [--trace RECORDING]. ${record}`
}
