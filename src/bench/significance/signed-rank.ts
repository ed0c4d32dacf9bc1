import { twoSidedTail } from './normal.ts'
import { midRanks, type Ranks, tieTerm } from './ranks.ts'

/** Differences up to which every pattern of signs is counted. */
const COUNTED = 60

/**
 * Two-sided p of the signed-rank test (Wilcoxon 1945): are the differences of pairs as often and as far above 0 as below?
 * Pairs without a difference are left out, as Wilcoxon did. Up to 60 it is exact, given the ties that there are; beyond, it is
 * the normal approximation with correction for ties and continuity.
 */
export function signedRank(differences: readonly number[]): number {
  const rest = differences.filter((difference) => difference !== 0)
  if (rest.length === 0) return 1
  const all = midRanks(rest.map(Math.abs))
  const above = all.ranks.reduce((sum, rank, index) => (rest[index]! > 0 ? sum + rank : sum), 0)
  return rest.length <= COUNTED ? exact(all.ranks, above) : approximate(all, above)
}

/** The smallest p that this many pairs can have. */
export const smallestSignedRank = (pairs: number): number => Math.min(1, 2 ** (1 - pairs))

/** Ranks are doubled, so that those of ties are whole numbers too. */
function exact(ranks: readonly number[], above: number): number {
  const doubled = ranks.map((rank) => rank * 2)
  const width = doubled.reduce((sum, rank) => sum + rank, 0)
  const ways = new Float64Array(width + 1)
  ways[0] = 1
  let reached = 0
  for (const rank of doubled) {
    for (let sum = reached; sum >= 0; sum -= 1) ways[sum + rank]! += ways[sum]!
    reached += rank
  }
  const distance = Math.abs(above * 2 - width / 2)
  let beyond = 0
  for (const [sum, count] of ways.entries()) if (Math.abs(sum - width / 2) >= distance) beyond += count
  return beyond / 2 ** ranks.length
}

function approximate({ ranks, ties }: Ranks, above: number): number {
  const n = ranks.length
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieTerm(ties) / 48
  const distance = Math.abs(above - (n * (n + 1)) / 4)
  return twoSidedTail(Math.max(0, distance - 0.5) / Math.sqrt(variance))
}
