/** A figure of two files that were not interleaved. */
export type InOrder = {
  readonly isClaimed: boolean
  readonly isJumpy: boolean
  readonly trials: number
}

/**
 * Whether jumps of the host explain the claims of a comparison of files. By chance, a jump falls between the files once
 * in as many times as there are gaps between trials. If figures also jumped within a file, more of them must have jumped
 * exactly between the files than chance allows (binomial).
 */
export function areExplainedByJumps(figures: readonly InOrder[], alpha: number): boolean {
  const claims = figures.filter(({ isClaimed }) => isClaimed)
  const elsewhere = figures.filter(({ isClaimed, isJumpy }) => isJumpy && !isClaimed).length
  if (claims.length === 0 || elsewhere === 0) return false
  const chance = 1 / (Math.min(...claims.map(({ trials }) => trials)) - 1)
  return atLeast(claims.length, claims.length + elsewhere, chance) >= alpha
}

/** The probability of this many of `count`, or more, if each has this probability. */
function atLeast(least: number, count: number, each: number): number {
  let [ways, sum] = [1, 0]
  for (let k = 0; k <= count; k += 1) {
    if (k >= least) sum += ways * each ** k * (1 - each) ** (count - k)
    ways = (ways * (count - k)) / (k + 1)
  }
  return sum
}
