/** Ranks from 1, of equal values their mean; and how many values share each rank. */
export type Ranks = { readonly ranks: readonly number[]; readonly ties: readonly number[] }

export function midRanks(values: readonly number[]): Ranks {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Array<number>(values.length)
  const ties: number[] = []
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to += 1
    for (const index of order.slice(from, to)) ranks[index] = (from + 1 + to) / 2
    ties.push(to - from)
    from = to
  }
  return { ranks, ties }
}

/** Sum of t^3 - t over the groups of equal values: what ties take from the variance of a rank sum. */
export const tieTerm = (ties: readonly number[]): number => ties.reduce((sum, size) => sum + size ** 3 - size, 0)
