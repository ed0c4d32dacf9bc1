import { EXCLUSIVE, type LockMode, RECURSIVE } from './graph.ts'

// Which CPU waits for which at one moment. Pure: takes the locks that each CPU holds and wants, returns a cycle of waits.

export type HeldLock = { readonly lock: number; readonly mode: LockMode }

/** The locks that a CPU holds, and the one it waits for. */
export type LockStanding = {
  readonly cpu: number
  readonly holds: readonly HeldLock[]
  readonly wants: HeldLock | undefined
}

/** `waiter` waits for a lock that `blocker` holds, or that it has queued for, alone, before. */
export type Wait = {
  readonly waiter: number
  readonly wants: HeldLock
  readonly blocker: number
  /** undefined: the blocker does not hold the lock, it waits for it. */
  readonly heldAs: LockMode | undefined
}

/** A circle of CPUs each of which waits for the next, if there is one. */
export function deadlockOf(standings: readonly LockStanding[]): readonly Wait[] | undefined {
  const waits = standings.flatMap((standing) => waitsOf(standing, standings))
  for (const first of waits) {
    const circle = follow([first], waits)
    if (circle !== undefined) return circle
  }
  return undefined
}

function follow(path: readonly Wait[], waits: readonly Wait[]): readonly Wait[] | undefined {
  const { blocker } = path.at(-1)!
  if (blocker === path[0]!.waiter) return path
  if (path.some(({ waiter }) => waiter === blocker)) return undefined
  for (const next of waits.filter(({ waiter }) => waiter === blocker)) {
    const circle = follow([...path, next], waits)
    if (circle !== undefined) return circle
  }
  return undefined
}

function waitsOf({ cpu, wants }: LockStanding, standings: readonly LockStanding[]): Wait[] {
  if (wants === undefined) return []
  return standings.flatMap((other): Wait[] => {
    const held = other.holds.find(({ lock, mode }) => lock === wants.lock && excludes(mode, wants.mode))
    if (held !== undefined) return [{ waiter: cpu, wants, blocker: other.cpu, heldAs: held.mode }]
    const isAhead =
      other.cpu !== cpu && wants.mode !== RECURSIVE && wants.mode !== EXCLUSIVE && isQueuedAlone(other, wants.lock)
    return isAhead ? [{ waiter: cpu, wants, blocker: other.cpu, heldAs: undefined }] : []
  })
}

const excludes = (held: LockMode, wanted: LockMode): boolean => held === EXCLUSIVE || wanted === EXCLUSIVE

/** A fair reader that waits although the lock is shared waits behind a writer that queues. */
const isQueuedAlone = ({ wants }: LockStanding, lock: number): boolean =>
  wants?.lock === lock && wants.mode === EXCLUSIVE
