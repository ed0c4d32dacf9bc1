import { type CheckArgs, limitsOf } from './check-flags.ts'
import type { Io } from './io.ts'
import { limitMs, limitSignal, timeLeftMs } from './time-limit.ts'

/** For printing, after the last exploration. */
const PRINT_MS = 300

type Budget = Pick<CheckArgs, 'timeBudget'>

/** Aborted when the time of `--time-budget` is up; never without it. */
export const budgetSignal = ({ timeBudget }: Budget, io: Io): AbortSignal =>
  limitSignal({ quick: false, timeBudget }, io, PRINT_MS)

/** The time for the next exploration in this thread, to which no signal gets through: `--seconds`, or what is left of the budget. */
export function secondsFor(args: CheckArgs, io: Io): number {
  const { seconds } = limitsOf(args)
  const budget = limitMs({ quick: false, timeBudget: args.timeBudget })
  return budget === undefined ? seconds : Math.min(seconds, Math.max(1, timeLeftMs(budget, io, PRINT_MS)) / 1000)
}
