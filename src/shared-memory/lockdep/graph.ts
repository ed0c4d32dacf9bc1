// The graph of lock classes, as kernel/locking/lockdep.c has it. Pure: dependencies in, circles out.

/** The mode of taking a lock: exclusive; shared, behind a queued writer; shared, ahead of a writer that only waits. */
export const EXCLUSIVE = 0
export const SHARED = 1
export const RECURSIVE = 2
export type LockMode = typeof EXCLUSIVE | typeof SHARED | typeof RECURSIVE

/** `to` was requested while `from` was held. Classes are numbers, which the caller names. */
export type Dependency = {
  readonly from: number
  readonly fromMode: LockMode
  readonly to: number
  readonly toMode: LockMode
  /** The places where the two were taken, as indices that the caller understands. */
  readonly fromSite: number
  readonly toSite: number
  /** The CPU that saw it first. */
  readonly cpu: number
  /** The lower number was seen first. */
  readonly order: number
}

/** Dependencies each of which begins where the one before ends, back to the beginning; the one seen last stands first. */
export type Circle = readonly Dependency[]

/**
 * Whether `next` can block the CPU that waits at the end of `edge`: -(xR)-> followed by -(Sx)-> cannot, as a recursive
 * reader waits neither for another reader nor behind a waiting writer. Every other pair can.
 */
const holdsUp = (edge: Dependency, next: Dependency): boolean =>
  edge.toMode !== RECURSIVE || next.fromMode === EXCLUSIVE

/** All circles in which each CPU could wait for the next forever: the shortest one through each dependency, each once. */
export function circlesOf(dependencies: readonly Dependency[]): Circle[] {
  const found = new Map<string, Circle>()
  for (const closing of dependencies.toSorted((a, b) => b.order - a.order)) {
    const circle = shortestThrough(closing, dependencies)
    if (circle === undefined) continue
    const key = circle
      .map(({ from }) => from)
      .toSorted((a, b) => a - b)
      .join()
    if (!found.has(key)) found.set(key, circle)
  }
  return [...found.values()]
}

/** Breadth first, over dependencies, because the edge by which a class was reached matters. */
function shortestThrough(closing: Dependency, all: readonly Dependency[]): Circle | undefined {
  if (closing.from === closing.to) return holdsUp(closing, closing) ? [closing] : undefined
  const cameBy = new Map<Dependency, Dependency | undefined>([[closing, undefined]])
  for (const edge of cameBy.keys()) {
    for (const next of all) {
      if (next.from !== edge.to || cameBy.has(next) || !holdsUp(edge, next)) continue
      cameBy.set(next, edge)
      if (next.to === closing.from && holdsUp(next, closing)) return [closing, ...pathTo(next, closing, cameBy)]
    }
  }
  return undefined
}

function pathTo(
  last: Dependency,
  closing: Dependency,
  cameBy: ReadonlyMap<Dependency, Dependency | undefined>,
): Dependency[] {
  const path: Dependency[] = []
  for (let edge: Dependency | undefined = last; edge !== undefined && edge !== closing; edge = cameBy.get(edge)) {
    path.unshift(edge)
  }
  return path
}
