import type { InvalidationLog } from './invalidation-log.ts'
import type { TaskInRole } from './roles.ts'

/** One notifier of a replay, and which invalidations of the log it plays. */
export type NotifierPart = { readonly pid: number; readonly name: string; readonly indices: Uint32Array }

/** How many invalidations are played by a notifier that did not raise them, and of how many tasks. */
export type Adopted = { readonly invalidations: number; readonly tasks: number }

export type NotifierParts = { readonly parts: readonly NotifierPart[]; readonly adopted: Adopted }

/**
 * The tasks that raised the most invalidations play their own, up to `limit` of them. The busiest of these plays all others
 * too, each at its time: those of vCPU threads, which cannot fault meanwhile, and those of tasks that raised only a few.
 */
export function notifierParts(roles: readonly TaskInRole[], log: InvalidationLog, limit: number): NotifierParts {
  const raising = roles.filter(({ task }) => task.unmaps > 0)
  const eligible = raising.filter(({ role }) => role === 'notifier')
  const players = (eligible.length > 0 ? eligible : raising)
    .toSorted((a, b) => b.task.unmaps - a.task.unmaps)
    .slice(0, limit)
    .map(({ task }) => task)
  if (players.length === 0) return { parts: [], adopted: { invalidations: 0, tasks: 0 } }

  const own = players.map(({ unmaps }) => unmaps)
  const adopted = log.length - own.reduce((sum, count) => sum + count, 0)
  const indices = own.map((count, player) => new Uint32Array(count + (player === 0 ? adopted : 0)))
  deal(log, new Map(players.map(({ pid }, player) => [pid, player])), indices)
  const parts = players.map(({ pid, name }, player) => ({ pid, name, indices: indices[player]! }))
  return { parts, adopted: { invalidations: adopted, tasks: raising.length - players.length } }
}

function deal(log: InvalidationLog, playerOf: ReadonlyMap<number, number>, indices: readonly Uint32Array[]): void {
  const next = indices.map(() => 0)
  for (let index = 0; index < log.length; index += 1) {
    const player = playerOf.get(log.pids.at(index)) ?? 0
    indices[player]![next[player]!] = index
    next[player]! += 1
  }
}
