import type { Recording } from './recording.ts'
import { type Rhythm, rhythmOf } from './rhythm.ts'
import type { TaskInRole } from './roles.ts'
import type { Task } from './task.ts'
import { count, time } from './words.ts'

/** Invalidations that come in a rhythm. */
export type Scan = {
  readonly kind: 'scan'
  readonly says: string
  readonly by: string
  readonly periodNs: number
  readonly ranges: number
}

const NUMA = 'NUMA balancing'
const ANY = 'a thread of the VMM or another process'

/** The scanner of a guest's memory, as its threads' names or the tasks that NUMA balancing runs in show. */
export function scansOf({ invalidations }: Recording, roles: readonly TaskInRole[]): readonly Scan[] {
  const raising = roles.filter(({ task }) => task.unmaps > 0)
  const groups: readonly (readonly [string, (role: TaskInRole) => boolean])[] = [
    ['page merging (ksmd)', ({ task }) => task.name === 'ksmd'],
    ['khugepaged', ({ task }) => task.name === 'khugepaged'],
    ['reclaim (kswapd)', ({ task }) => task.name.startsWith('kswapd')],
    ['compaction (kcompactd)', ({ task }) => task.name.startsWith('kcompactd')],
    [NUMA, ({ role }) => role === 'vcpu'],
    [ANY, ({ role, task }) => role !== 'vcpu' && !/^(?:ksmd|khugepaged|kswapd|kcompactd)/.test(task.name)],
  ]
  return groups.flatMap(([by, isOf]) => {
    const tasks = raising.filter(isOf).map(({ task }) => task)
    const ranges = tasks.reduce((sum, { unmaps }) => sum + unmaps, 0)
    const rhythm = rhythmOf(invalidations, new Set(tasks.map(({ pid }) => pid)))
    if (ranges === 0 || rhythm === undefined) return []
    return [{ kind: 'scan', says: scanSays(by, rhythm, ranges, tasks), by, periodNs: rhythm.periodNs, ranges } as const]
  })
}

function scanSays(by: string, rhythm: Rhythm, ranges: number, tasks: readonly Task[]): string {
  const guess =
    by === NUMA
      ? '; they come from the threads whose memory is scanned, which suggests NUMA balancing'
      : by === ANY
        ? ', a thread of the VMM or another process'
        : tasks[0]!.name === by
          ? ''
          : `: ${by.replace(/ \(.*/, '')}`
  const names = tasks.slice(0, 2).map(({ name, pid }) => `${name} (${pid})`)
  const times = `${count(rhythm.bursts)} times, ${count(Math.round(rhythm.perBurst))} at a time`
  const pages = `${count(rhythm.medianPages)} ${rhythm.medianPages === 1 ? 'page' : 'pages'}`
  // A thread that could be anything need not scan, however regular it is.
  const what = by === ANY ? 'a rhythm' : 'a scan'
  return `${what}: ${count(ranges)} invalidations come every ${time(rhythm.periodNs)} (${times}, median ${pages}), raised by ${names.join(', ')}${guess}`
}
