import { TARGETS } from '../targets/rows.ts'

/** Relative: what `faultline validate` holds most published figures to. No machine is trusted further than that. */
const LEAST = 0.1

/**
 * The relative error of a modelled machine: the largest tolerance among its published figures in `faultline validate`,
 * and at least 10 %.
 */
export function modelErrorOf(machine: string): number {
  const own = TARGETS.filter((target) => target.machine === machine)
  return Math.max(LEAST, ...own.map(({ tolerance }) => tolerance))
}
