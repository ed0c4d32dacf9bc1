/**
 * Each p as it would have to be alone for the same verdict (Holm 1979): if every p below alpha is called a change, the
 * probability of a false one anywhere in the whole table is at most alpha.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => ps[a]! - ps[b]!)
  const adjusted = new Array<number>(ps.length)
  let largest = 0
  for (const [place, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, ps[index]! * (ps.length - place)))
    adjusted[index] = largest
  }
  return adjusted
}
