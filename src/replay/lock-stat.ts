import type { WaitRow } from './wait-row.ts'

const NUMBER = String.raw`\s+([\d.]+)`
/** A class of locks in /proc/lock_stat: bounces, contentions, four times of waits, bounces, acquisitions, four times of holds. */
const CLASS = new RegExp(
  String.raw`^\s*(\S*mmu_lock\S*?)(?:-([RW]))?:(?:\s+\d+)${NUMBER.repeat(5)}(?:\s+\d+){2}${NUMBER.repeat(4)}\s*$`,
)
/** Its times are microseconds. */
const US = 1000

/** The header of /proc/lock_stat. */
export const LOCK_STAT = /^\s*lock_stat version|^\s*class name\s+con-bounces/m

/**
 * The rows of mmu_lock in /proc/lock_stat, one for each side, as those of a table of waits. Its callers are counted, but their times are
 * not apart: with TDP, faults take it for read, and of what takes it for write invalidations are named by the points of contention.
 */
export function lockStatRows(text: string): readonly WaitRow[] {
  if (!LOCK_STAT.test(text)) return []
  const isOfNotifiers = /\] \S*(?:notifier|handle_hva_range|unmap_gfn)/.test(text)
  return text.split('\n').flatMap((line) => {
    const [, name, side, ...numbers] = CLASS.exec(line) ?? []
    if (name === undefined) return []
    const [waits, , maxUs, totalUs, averageUs] = numbers.map(Number) as [number, number, number, number, number]
    const role = side === 'R' ? 'vcpu' : side === 'W' && isOfNotifiers ? 'notifier' : undefined
    return [
      {
        waits,
        totalNs: totalUs * US,
        maxNs: maxUs * US,
        averageNs: averageUs * US,
        kind: side === undefined ? 'spinlock' : `rwlock:${side}`,
        caller: side === undefined ? name : `${name}-${side}`,
        ...(role === undefined ? {} : { role }),
      } satisfies WaitRow,
    ]
  })
}
