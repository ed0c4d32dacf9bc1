import type { Group } from '../plan.ts'
import type { Run, Shard } from '../result.ts'
import { type Bracket, bracketsOf, nextIn, type Point, type Spot } from './brackets.ts'
import type { Cell } from './cell.ts'

/** More points near the frontier of a sweep. */
export type Refinement = {
  /** Beyond the loads of the sweep, at most. */
  readonly most: number
  /** The swept parameters. */
  readonly names: readonly string[]
  /** The position of each group of the plan. */
  readonly places: readonly Pick<Spot, 'family' | 'at'>[]
  /** The group of a family at another point; undefined where such a load cannot be. */
  readonly groupAt: (family: number, at: Point) => Group | undefined
}

/** The points of one bracket, of which each depends on those before it. */
export type Chain = {
  readonly bracket: Bracket
  readonly ends: readonly [Cell, Cell]
  /** A group like those that will be run. */
  readonly group: Group
  /** The place of its first point among all points that the refinement may spend. */
  readonly first: number
}

/** Every bracket of a sweep that was run to its end, with the runs of each of its groups. */
export function chainsOf(
  { names, places, most }: Refinement,
  groups: readonly Group[],
  runs: readonly (readonly Run[])[],
): Chain[] {
  const spots = groups.map(
    (group, index): Spot => ({ ...places[index]!, scenario: group.scenario, runs: runs[index]! }),
  )
  const indexOf = (bracket: Bracket, point: Point) =>
    spots.findIndex(({ family, at }) => family === bracket.family && at.every((value, axis) => value === point[axis]))
  let first = 0
  return bracketsOf(names, spots, most).flatMap((bracket) => {
    if (bracket.most === 0) return []
    const low = indexOf(bracket, bracket.low)
    const cellAt = (index: number) => bracket.cellOf(runs[index]!)!
    const chain = {
      bracket,
      ends: [cellAt(low), cellAt(indexOf(bracket, bracket.high))],
      group: groups[low]!,
      first,
    } as const
    first += bracket.most
    return [chain]
  })
}

/** The brackets of a part: every nth. */
export const chainsOfShard = (chains: readonly Chain[], shard: Shard | undefined): Chain[] =>
  chains.filter((_, at) => shard === undefined || at % shard.of === shard.index - 1)

/** The group that a chain runs next; undefined at its end. */
export function nextGroup(
  { groupAt }: Refinement,
  { bracket, ends }: Chain,
  done: readonly (readonly Run[])[],
): Group | undefined {
  const point = nextIn(bracket, ends, done)
  return point === undefined ? undefined : groupAt(bracket.family, point)
}

/** Groups that a refinement had run at this number of runs, and those that come next. */
export function refinedGroups(
  refinement: Refinement,
  groups: readonly Group[],
  shard: Shard | undefined,
  runsOf: (group: Group) => readonly Run[] | undefined,
): Group[] {
  const coarse = groups.map(runsOf)
  if (coarse.includes(undefined)) return []
  const chains = chainsOfShard(chainsOf(refinement, groups, coarse as (readonly Run[])[]), shard)
  return chains.flatMap((chain) => {
    const asked: Group[] = []
    const done: (readonly Run[])[] = []
    for (let group = nextGroup(refinement, chain, done); group !== undefined; ) {
      asked.push(group)
      const runs = runsOf(group)
      if (runs === undefined) break
      done.push(runs)
      group = nextGroup(refinement, chain, done)
    }
    return asked
  })
}
