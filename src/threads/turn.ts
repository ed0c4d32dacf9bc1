let sink = 1

/** The calibrated loop: a chain of dependent multiply-adds that no compiler can shorten. */
export function turn(turns: number): void {
  let value = sink
  for (let left = turns; left > 0; left -= 1) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
  sink = value
}
