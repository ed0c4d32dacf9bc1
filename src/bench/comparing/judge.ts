import { holm } from '../significance/holm.ts'
import { type Interval, median, medianInterval } from '../statistics.ts'
import type { Asked, Families, Member, Role } from './families.ts'
import { areExplainedByJumps } from './jumps.ts'
import type { Line } from './layout.ts'
import { notesOf } from './notes.ts'
import { type Evidence, evidenceOf, isEqual, isNothing, type Tested, testedOf } from './verdict.ts'

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
  /** Whether the verdict of the comparison depends on it. */
  readonly role: Role
  /** The figure whose trials are the same in another unit: it is tested in place of this one. */
  readonly sameAs: string | null
  readonly test: Tested
  /** By Holm, over the figures of its family. */
  readonly adjusted: number | null
  readonly verdict: Verdict
  /** The ratio lies where the code's ratio to itself lay. */
  readonly isInsideNoise: boolean
  /** For separate files: a drift or a jump of the host, or trials that resemble the ones before them, explain the change. */
  readonly isOverTime: boolean
  readonly notes: readonly string[]
}

type Question = Asked & { readonly pair: { readonly line: Line; readonly column: number } }

/** The verdict on a figure, and its possible other explanations. */
export type Decision<T extends Question = Question> = {
  readonly member: Member<T>
  readonly evidence: Evidence
  /** By Holm, over the figures of its family. */
  readonly adjusted: number | null
  readonly isClaimed: boolean
  readonly isInsideNoise: boolean
  readonly isOverTime: boolean
}

/** Tests every figure, corrects for how many there are in its family, and looks at what else could explain a claim. */
export function decide<T extends Question>(families: Families<T>, alpha: number): Decision<T>[] {
  const { members } = families
  const all = members.map(({ of, alpha: own }) => evidenceOf(of, own ?? alpha))
  const adjusted = adjust(families, all)
  const first = members.map((member, at): Decision<T> => {
    const evidence = all[at]!
    const [p, isInsideNoise] = [adjusted[at]!, !member.of.isExact && isInside(evidence)]
    const isClaimed = member.of.isExact ? !isEqual(member.of) : p !== null && p < alpha && !isInsideNoise
    const isOverTime = !isClaimed && isBlurred(evidence, member.alpha)
    return { member, evidence, adjusted: p, isClaimed, isInsideNoise, isOverTime }
  })
  const jumped = columnsThatJumped(first, alpha)
  const moved = first.map((one): Decision<T> => {
    const isMoved = one.isClaimed && one.evidence.ranks !== null && jumped.has(one.member.pair.column)
    return isMoved ? { ...one, isClaimed: false, isOverTime: true } : one
  })
  return moved.map((one) => (one.member.sameAs === null ? one : likeOther(one, moved)))
}

/** Holm's correction in each family, which has its share of alpha; what its trials could never show has no p. */
function adjust<T extends Asked>({ members, shares }: Families<T>, all: readonly Evidence[]): (number | null)[] {
  const adjusted = new Array<number | null>(members.length).fill(null)
  for (const role of ['primary', 'exploratory'] as const) {
    const own = [...members.keys()].filter((at) => {
      const { role: its, alpha } = members[at]!
      return its === role && alpha !== null && all[at]!.trialsNeeded === 0
    })
    const ps = holm(own.map((at) => all[at]!.p!))
    for (const [place, at] of own.entries()) adjusted[at] = Math.min(1, ps[place]! / shares[role])
  }
  return adjusted
}

/** Files of which figures jumped within a file, and hardly more of them just between the files. */
function columnsThatJumped(decisions: readonly Decision[], alpha: number): Set<number> {
  const apart = decisions.filter(({ member, evidence }) => evidence.ranks !== null && member.sameAs === null)
  const columns = [...new Set(apart.map(({ member }) => member.pair.column))]
  const jumped = columns.filter((column) => {
    const figures = apart
      .filter(({ member }) => member.pair.column === column)
      .map(({ member: { of }, evidence, isClaimed }) => {
        return { isClaimed, isJumpy: evidence.isJumpy, trials: of.base.length + of.head.length }
      })
    return areExplainedByJumps(figures, alpha)
  })
  return new Set(jumped)
}

/** Whether the A/A noise is as large. A figure that fell to 0, or rose from it, exceeds any ratio. */
const isInside = ({ ratio, guard }: Evidence): boolean =>
  ratio !== null && ratio > 0 && guard > 0 && Math.abs(Math.log(ratio)) <= guard

/** Ranks alone would have called it a change. */
const isBlurred = ({ ranks, p }: Evidence, alpha: number | null): boolean =>
  alpha !== null && ranks !== null && ranks < alpha && p! >= alpha

/** Trials in one proportion to others differ as those do. */
function likeOther<T extends Question>(one: Decision<T>, all: readonly Decision<T>[]): Decision<T> {
  const other = all.find(({ member }) => member.of.metric === one.member.sameAs && member.pair === one.member.pair)!
  const { adjusted, isClaimed, isInsideNoise, isOverTime } = other
  return {
    ...one,
    member: { ...one.member, alpha: other.member.alpha },
    evidence: { ...other.evidence, ratio: one.evidence.ratio },
    adjusted,
    isClaimed,
    isInsideNoise,
    isOverTime,
  }
}

/** Every figure with its verdict, its size, and what would have shown. */
export const judge = (families: Families<Question>, alpha: number): Change[] =>
  decide(families, alpha).map((decision) => changeOf(decision, alpha))

function changeOf(
  { member, evidence, adjusted, isClaimed, isInsideNoise, isOverTime }: Decision,
  alpha: number,
): Change {
  const { pair, of, role, sameAs } = member
  const [base, head] = [figureOf(of.base), figureOf(of.head)]
  const step = evidence.ratio ?? head.median - base.median + 1
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
    test: testedOf(of, evidence, member.alpha ?? alpha),
    adjusted,
    verdict: isClaimed ? direction(step, of.kind.better) : of.isExact || isNothing(of) ? 'equal' : 'unresolved',
    isInsideNoise,
    isOverTime,
    notes: of.isExact ? [] : [...notesOf(of.base).map((note) => `base: ${note}`), ...notesOf(of.head)],
  }
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
