import { holm } from '../significance/holm.ts'
import { type Interval, median, medianInterval } from '../statistics.ts'
import type { Met } from './compare.ts'
import type { Asked, Families, Member, Role } from './families.ts'
import { areExplainedByJumps } from './jumps.ts'
import type { Line } from './layout.ts'
import { notesOf } from './notes.ts'
import { isEqual, isNothing, type Tested, test } from './verdict.ts'

export type Figure = { readonly n: number; readonly median: number; readonly ci95: Interval }

/** `=` and `~` are not the same: one says that nothing changed, the other that nothing is known. */
export type Verdict = 'equal' | 'better' | 'worse' | 'changed' | 'unresolved'

/** One metric of one line in one column, against the first column. */
export type Change = {
  readonly line: Line['key']
  readonly column: number
  readonly metric: string
  readonly unit: string
  readonly better: 'higher' | 'lower' | null
  readonly base: Figure
  readonly head: Figure
  /** Whether the verdict of the comparison rests on it. */
  readonly role: Role
  /** The figure whose trials are the same in another unit: it is tested in place of this one. */
  readonly sameAs: string | null
  readonly test: Tested
  /** By Holm, over the figures of its family. */
  readonly adjusted: number | null
  readonly verdict: Verdict
  /** The ratio lies where the code's ratio to itself lay. */
  readonly isInsideNoise: boolean
  /** Of separate files: trials that have something in common with the ones before them, a drift or a jump of the host explain it. */
  readonly isOverTime: boolean
  readonly notes: readonly string[]
}

type Question = Asked & { readonly pair: Met }
type Result = { readonly member: Member<Question>; readonly tested: Tested; readonly adjusted: number | null }

/** Tests every figure, corrects for how many there are in its family, and looks at what else could explain a claim. */
export function judge(families: Families<Question>, alpha: number): Change[] {
  const { members } = families
  const tested = members.map((member) => test(member.of, member.alpha ?? alpha))
  const adjusted = adjust(families, tested)
  const results = members.map((member, at): Result => ({ member, tested: tested[at]!, adjusted: adjusted[at]! }))
  const jumped = columnsThatJumped(results, alpha)
  const changes = results.map((result) => changeOf(result, alpha, jumped.has(result.member.pair.column)))
  return changes.map((change, at) => (change.sameAs === null ? change : likeOther(change, at, changes, members)))
}

/** Holm's correction in each family, which has its share of alpha; what its trials could never show has no p. */
function adjust({ members, shares }: Families<Question>, tested: readonly Tested[]): (number | null)[] {
  const adjusted = new Array<number | null>(members.length).fill(null)
  for (const role of ['primary', 'exploratory'] as const) {
    const own = [...members.keys()].filter((at) => {
      const { role: its, alpha } = members[at]!
      return its === role && alpha !== null && tested[at]!.trialsNeeded === 0
    })
    const ps = holm(own.map((at) => tested[at]!.p!))
    for (const [place, at] of own.entries()) adjusted[at] = Math.min(1, ps[place]! / shares[role])
  }
  return adjusted
}

/** Files of which figures jumped within a file, and hardly more of them just between the files. */
function columnsThatJumped(results: readonly Result[], alpha: number): Set<number> {
  const apart = results.filter(({ member, tested }) => tested.ranks !== null && member.sameAs === null)
  const columns = [...new Set(apart.map(({ member }) => member.pair.column))]
  const jumped = columns.filter((column) => {
    const figures = apart
      .filter(({ member }) => member.pair.column === column)
      .map(({ member: { of }, tested, adjusted }) => ({
        isClaimed: isClaimed(tested, adjusted, alpha),
        isJumpy: tested.isJumpy,
        trials: of.base.length + of.head.length,
      }))
    return areExplainedByJumps(figures, alpha)
  })
  return new Set(jumped)
}

const isClaimed = (tested: Tested, adjusted: number | null, alpha: number): boolean =>
  adjusted !== null && adjusted < alpha && !isInside(tested)

/** Whether the code differs as much from itself; what fell to 0, or came from it, is further than any ratio. */
const isInside = ({ ratio, guard }: Tested): boolean =>
  ratio !== null && ratio > 0 && guard > 0 && Math.abs(Math.log(ratio)) <= guard

function changeOf({ member, tested, adjusted }: Result, alpha: number, hasJumped: boolean): Change {
  const { pair, of, role, sameAs } = member
  const [base, head] = [figureOf(of.base), figureOf(of.head)]
  const isMoved = hasJumped && tested.ranks !== null
  const isResolved = of.isExact ? !isEqual(of) : isClaimed(tested, adjusted, alpha) && !isMoved
  const step = tested.ratio ?? head.median - base.median + 1
  return {
    line: pair.line.key,
    column: pair.column,
    metric: of.metric,
    unit: of.kind.unit,
    better: of.kind.better,
    base,
    head,
    role,
    sameAs,
    test: tested,
    adjusted,
    verdict: isResolved ? direction(step, of.kind.better) : of.isExact || isNothing(of) ? 'equal' : 'unresolved',
    isInsideNoise: !of.isExact && isInside(tested),
    isOverTime: !isResolved && (isMoved ? isClaimed(tested, adjusted, alpha) : isBlurred(tested, member.alpha)),
    notes: of.isExact ? [] : [...notesOf(of.base).map((note) => `base: ${note}`), ...notesOf(of.head)],
  }
}

/** Ranks alone would have called it a change. */
const isBlurred = ({ ranks, p }: Tested, alpha: number | null): boolean =>
  alpha !== null && ranks !== null && ranks < alpha && p! >= alpha

/** Trials in one proportion to others differ as those do. */
function likeOther(
  change: Change,
  at: number,
  changes: readonly Change[],
  members: readonly Member<Question>[],
): Change {
  const other = changes.find(
    ({ metric }, index) => metric === change.sameAs && members[index]!.pair === members[at]!.pair,
  )!
  const { adjusted, verdict, isInsideNoise, isOverTime } = other
  return { ...change, test: { ...other.test, ratio: change.test.ratio }, adjusted, verdict, isInsideNoise, isOverTime }
}

const figureOf = (values: readonly number[]): Figure => ({
  n: values.length,
  median: median(values),
  ci95: medianInterval(values),
})

function direction(ratio: number, better: Change['better']): Verdict {
  if (better === null || ratio === 1) return 'changed'
  return ratio > 1 === (better === 'higher') ? 'better' : 'worse'
}
