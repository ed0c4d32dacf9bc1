import { TARGETS } from '../targets/rows.ts'

/** Relative: what `faultline validate` holds most published figures to. No machine is trusted further than that. */
const LEAST = 0.1

/**
 * How far a modelled machine may be from the machine it is named for, relative: the largest tolerance among the published
 * figures that `faultline validate` holds it to, and never less than 10 %.
 */
export function modelErrorOf(machine: string): number {
  const own = TARGETS.filter((target) => target.machine === machine)
  return Math.max(LEAST, ...own.map(({ tolerance }) => tolerance))
}
