import type { InvalidationLog } from './invalidation-log.ts'
import type { TaskInRole } from './roles.ts'

/** One notifier of a replay, and which invalidations of the log it plays. */
type NotifierPart = { readonly pid: number; readonly name: string; readonly indices: Uint32Array }

/** How many invalidations are replayed by a notifier that did not raise them, and the number of their tasks. */
export type Adopted = { readonly invalidations: number; readonly tasks: number }

export type NotifierParts = { readonly parts: readonly NotifierPart[]; readonly adopted: Adopted }

/**
 * The tasks that raised the most invalidations play their own, up to `limit` of them. The busiest of these plays all others
 * too, each at its time: those of vCPU threads, which cannot fault meanwhile, and those of tasks that raised only a few.
 */
export function notifierParts(roles: readonly TaskInRole[], log: InvalidationLog, limit: number): NotifierParts {
  const counts = countsOf(log)
  const countOf = (pid: number) => counts.get(pid) ?? 0
  const raising = roles.filter(({ task }) => countOf(task.pid) > 0)
  const eligible = raising.filter(({ role }) => role === 'notifier')
  const players = (eligible.length > 0 ? eligible : raising)
    .toSorted((a, b) => countOf(b.task.pid) - countOf(a.task.pid))
    .slice(0, limit)
    .map(({ task }) => task)
  if (players.length === 0) return { parts: [], adopted: { invalidations: 0, tasks: 0 } }

  const indices = deal(log, new Map(players.map(({ pid }, player) => [pid, player])), players.length)
  const parts = players.map(({ pid, name }, player) => ({ pid, name, indices: indices[player]! }))
  const own = players.reduce((sum, { pid }) => sum + countOf(pid), 0)
  const all = indices.reduce((sum, { length }) => sum + length, 0)
  return { parts, adopted: { invalidations: all - own, tasks: raising.length - players.length } }
}

/** The number of invalidations of each task; empty ones are not replayed. */
function countsOf(log: InvalidationLog): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (let index = 0; index < log.length; index += 1) {
    const pid = log.pids.at(index)
    if (log.pages.at(index) > 0) counts.set(pid, (counts.get(pid) ?? 0) + 1)
  }
  return counts
}

/** The invalidations of each player, in time order. */
function deal(log: InvalidationLog, playerOf: ReadonlyMap<number, number>, players: number): readonly Uint32Array[] {
  const indices = Array.from({ length: players }, (): number[] => [])
  for (let index = 0; index < log.length; index += 1) {
    if (log.pages.at(index) > 0) indices[playerOf.get(log.pids.at(index)) ?? 0]!.push(index)
  }
  return indices.map((own) => Uint32Array.from(own).sort((a, b) => log.atNs.at(a) - log.atNs.at(b) || a - b))
}
