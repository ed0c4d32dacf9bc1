import { effortOf, type Group, type PlanOptions } from '../bench/plan.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import type { Held } from './files/held.ts'

/** Loads of one plan, each with its variants: more are a slip of the keyboard. */
export const MOST_POINTS = 10_000
/** Trials of one plan. */
const MOST_TRIALS = 1_000_000

/** The groups of the finished plan, at most: a refined sweep adds groups of the same kind. */
export const withUpperBound = (
  groups: readonly Group[],
  refine: { readonly most: number } | undefined,
): readonly Group[] => (refine === undefined ? groups : [...groups, ...new Array<Group>(refine.most).fill(groups[0]!)])

type Sized = {
  readonly groups: readonly Group[]
  readonly options: PlanOptions
  readonly refine?: { readonly most: number }
}

/** The size of the finished plan; for a refined one, at most. */
export function plannedBy({ groups, options, refine }: Sized): Held {
  const perGroup = withUpperBound(groups, refine).map((group) => {
    const { trials, latencyTrials } = effortOf(group, options)
    const each = group.modelled?.seeds.length ?? trials + latencyTrials
    return { runs: group.variants.length, trials: group.variants.length * each }
  })
  const sum = (what: keyof Held) => perGroup.reduce((total, held) => total + held[what], 0)
  return { runs: sum('runs'), trials: sum('trials') }
}

/** Refuses the product of lists before it is made. */
export function checkPoints(...lists: readonly (readonly unknown[])[]): void {
  const points = lists.reduce((product, { length }) => product * length, 1)
  if (points > MOST_POINTS) throw tooLarge(points, 'loads', MOST_POINTS)
}

/** Refuses a plan with a result too large to read. */
export function checkSize(plan: Sized): void {
  if (plan.groups.length > MOST_POINTS) throw tooLarge(plan.groups.length, 'loads', MOST_POINTS)
  const { trials } = plannedBy(plan)
  if (trials > MOST_TRIALS) throw tooLarge(trials, 'trials', MOST_TRIALS)
}

const tooLarge = (count: number, what: string, most: number) =>
  new FaultlineError('LARGE_PLAN', 'usage', `this plan has ${count} ${what}, more than ${most}`, {
    hint: 'Give shorter lists, or split it into several plans.',
  })
