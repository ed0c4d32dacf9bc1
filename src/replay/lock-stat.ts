import { roleIn, type WaitRow } from './wait-row.ts'

const NUMBER = String.raw`\s+([\d.]+)`
/** A class of locks in /proc/lock_stat: bounces, contentions, four times of waits, bounces, acquisitions, four times of holds. */
const CLASS = new RegExp(
  String.raw`^\s*(\S*mmu_lock\S*?)(?:-([RW]))?:(?:\s+\d+)${NUMBER.repeat(5)}(?:\s+\d+){2}${NUMBER.repeat(4)}\s*$`,
)
/** Its times are microseconds. */
const US = 1000

/** The header of /proc/lock_stat. */
export const LOCK_STAT = /^\s*lock_stat version|^\s*class name\s+con-bounces/m

/** A function that waited for mmu_lock; both sides have one list, of at most four. */
const POINT = /^\s*\S*mmu_lock\S*\s+\d+\s+\[<\S+>\] (\S+)/

/**
 * The rows of mmu_lock in /proc/lock_stat, one for each side, as those of a table of waits. The functions that waited have no times of
 * their own, so a side has a role only if no other function than faults, which take it for read, and notifiers, which take it for write, waited.
 */
export function lockStatRows(text: string): readonly WaitRow[] {
  if (!LOCK_STAT.test(text)) return []
  const roles = text.split('\n').flatMap((line) => {
    const [, caller] = POINT.exec(line) ?? []
    return caller === undefined ? [] : [roleIn(caller)]
  })
  const areKnown = !roles.includes(undefined)
  const roleOf: Readonly<Record<string, WaitRow['role']>> = areKnown
    ? { R: 'vcpu', W: roles.includes('notifier') ? 'notifier' : undefined }
    : {}
  return text.split('\n').flatMap((line) => {
    const [, name, side, ...numbers] = CLASS.exec(line) ?? []
    if (name === undefined) return []
    const [waits, , maxUs, totalUs, averageUs] = numbers.map(Number) as [number, number, number, number, number]
    const role = side === undefined ? undefined : roleOf[side]
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
