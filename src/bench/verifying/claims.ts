/** Bit for bit: JSON carries doubles whole. */
export const unequal = (what: string, stated: number, derived: number): string[] =>
  Object.is(stated, derived) ? [] : [`${what} is ${stated}, recomputed it is ${derived}`]

/** Sums whose terms were added in another order differ in their last bits. */
const ROUNDING = 1e-9

export const isNear = (one: number, other: number, share = ROUNDING): boolean =>
  Math.abs(one - other) <= share * Math.max(Math.abs(one), Math.abs(other))

export const unlike = (what: string, stated: number, derived: number, share?: number): string[] =>
  isNear(stated, derived, share) ? [] : [`${what} is ${stated}, recomputed it is ${derived}`]

/** Values that can only grow from one to the next, each with its name. */
export function disordered(what: string, steps: readonly (readonly [name: string, value: number])[]): string[] {
  return steps.slice(1).flatMap(([name, value], index) => {
    const [before, least] = steps[index]!
    return value >= least || isNear(value, least) ? [] : [`${what}: ${name} is ${value}, less than ${before}, ${least}`]
  })
}

/** Said unless it holds. */
export const unless = (holds: boolean, says: string): string[] => (holds ? [] : [says])
