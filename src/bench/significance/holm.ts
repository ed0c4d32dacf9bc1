/**
 * Each p as it would have to be alone for the same verdict (Holm 1979): whoever calls what stays below alpha a change is wrong
 * anywhere in the whole table with a probability of at most alpha.
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
