import { SCENARIOS } from '../scenarios/all.ts'
import type { Samples } from './samples.ts'
import { isNothing, smallestP } from './verdict.ts'

/** The purpose of a figure: it decides, or it shows where to look. */
export type Role = 'primary' | 'exploratory'

/** One figure of a comparison among the others. */
export type Asked = { readonly scenario: string; readonly pair: unknown; readonly of: Samples }

export type Member<T extends Asked> = T & {
  readonly role: Role
  /** A figure that says the same: its trials are these, in another unit. */
  readonly sameAs: string | null
  /** The threshold for p, however small the other p are; null if the figure is not tested. */
  readonly alpha: number | null
}

export type Families<T extends Asked> = {
  readonly members: readonly Member<T>[]
  readonly sizes: Readonly<Record<Role, number>>
  readonly shares: Readonly<Record<Role, number>>
}

/** The share of all allowed false alarms that the figures that decide may make. */
const SHARE_OF_PRIMARY = 0.8

/**
 * Divides the figures of a comparison into the family of the verdict, and the others. The figures that a scenario
 * declares as deciding are primary; without a declaration, all are. Figures that are proportional to each other count
 * once. Figures that are 0 throughout, or cannot reach their threshold with so few trials, do not count (Tarone 1990).
 */
export function familiesOf<T extends Asked>(
  asked: readonly T[],
  isPrimary: (one: T) => boolean,
  alpha: number,
): Families<T> {
  const isAny = asked.some((one) => !one.of.isExact && isPrimary(one))
  const roles = asked.map((one): Role => (!isAny || isPrimary(one) ? 'primary' : 'exploratory'))
  const same = sameness(asked, roles)
  const isCounted = asked.map(({ of }, at) => !of.isExact && same[at] === null && !isNothing(of))
  const has = (role: Role) => roles.some((own, at) => own === role && isCounted[at])
  const primary = has('exploratory') ? (has('primary') ? SHARE_OF_PRIMARY : 0) : 1
  const shares = { primary, exploratory: 1 - primary }
  const sizeOf = (role: Role) =>
    testable(
      asked.filter((_, at) => roles[at] === role && isCounted[at]).map(({ of }) => smallestP(of)),
      alpha * shares[role],
    )
  const sizes = { primary: sizeOf('primary'), exploratory: sizeOf('exploratory') }
  const members = asked.map((one, at): Member<T> => {
    const role = roles[at]!
    const own = (alpha * shares[role]) / Math.max(1, sizes[role])
    return { ...one, role, sameAs: same[at]!, alpha: isCounted[at] ? own : null }
  })
  return { members, sizes, shares }
}

/** The figures that the scenario's question rests on. */
export const isDecisive = ({ scenario, of }: Asked): boolean =>
  SCENARIOS.find(({ name }) => name === scenario)?.decides.some(({ metric }) => metric === of.metric) ?? false

/** The smallest number of tests that are worth a correction: no more than that many can fall below alpha divided by it. */
function testable(smallest: readonly number[], alpha: number): number {
  for (let size = 1; size < smallest.length; size += 1) {
    if (smallest.filter((p) => p <= alpha / size).length <= size) return size
  }
  return smallest.length
}

/** Names the first figure of the same runs whose trials are in one proportion to these; what decides goes first. */
function sameness(asked: readonly Asked[], roles: readonly Role[]): (string | null)[] {
  const same = new Array<string | null>(asked.length).fill(null)
  const order = [...asked.keys()].sort((a, b) => Number(roles[a] !== 'primary') - Number(roles[b] !== 'primary'))
  const firstOf = new Map<unknown, Asked[]>()
  for (const at of order) {
    const one = asked[at]!
    const firsts = firstOf.get(one.pair) ?? []
    const first = firsts.find(({ of }) => areProportional(of, one.of))
    if (first !== undefined) same[at] = first.of.metric
    else firstOf.set(one.pair, [...firsts, one])
  }
  return same
}

function areProportional(a: Samples, b: Samples): boolean {
  if (a.isExact || b.isExact || a.kind.better !== b.kind.better) return false
  if (a.base.length !== b.base.length || a.head.length !== b.head.length) return false
  const [all, other] = [
    [...a.base, ...a.head],
    [...b.base, ...b.head],
  ]
  const at = all.findIndex((value) => value !== 0)
  if (at < 0 || other[at] === 0) return false
  const factor = other[at]! / all[at]!
  return all.every((value, index) => Math.abs(value * factor - other[index]!) <= 1e-9 * Math.abs(other[index]!))
}
