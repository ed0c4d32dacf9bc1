import { twoSidedTail } from './normal.ts'
import { midRanks, type Ranks, tieTerm } from './ranks.ts'

/** Values of both samples together up to which every arrangement is counted. */
const COUNTED = 40

/**
 * Two-sided p of the Mann-Whitney U test (Mann and Whitney 1947): could two independent samples be one? Up to 40 values it is
 * exact, given the ties that there are: all ways to deal the ranks are counted. Beyond, it is the normal approximation
 * with correction for ties and continuity.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 1
  const all = midRanks([...a, ...b])
  const rankSum = all.ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0)
  return all.ranks.length <= COUNTED ? exact(all, a.length, rankSum) : approximate(all, a.length, rankSum)
}

/** The smallest p that samples of these sizes can have. */
export function smallestMannWhitney(n: number, m: number): number {
  let ways = 1
  for (let k = 1; k <= n; k += 1) ways *= (m + k) / k
  return Math.min(1, 2 / ways)
}

/** Ranks are doubled, so that those of ties are whole numbers too. */
function exact({ ranks, ties }: Ranks, chosen: number, rankSum: number): number {
  const ways = ties.length === ranks.length ? waysWithoutTies(ranks.length, chosen) : waysToDeal(ranks, chosen)
  const expected = chosen * (ranks.length + 1)
  const distance = Math.abs(rankSum * 2 - expected)
  let [beyond, all] = [0, 0]
  for (const [sum, count] of ways.entries()) {
    all += count
    if (Math.abs(sum - expected) >= distance) beyond += count
  }
  return beyond / all
}

const known = new Map<string, Float64Array>()

/** Without ties the ranks are always the same. */
function waysWithoutTies(all: number, chosen: number): Float64Array {
  const key = `${all} ${chosen}`
  const upToAll = Array.from({ length: all }, (_, index) => index + 1)
  const ways = known.get(key) ?? waysToDeal(upToAll, chosen)
  known.set(key, ways)
  return ways
}

/** In how many ways `chosen` of these ranks, doubled, have each sum. */
function waysToDeal(ranks: readonly number[], chosen: number): Float64Array {
  const numbers = ranks.map((rank) => rank * 2)
  const width = numbers.reduce((sum, number) => sum + number, 0) + 1
  const ways = Array.from({ length: chosen + 1 }, () => new Float64Array(width))
  ways[0]![0] = 1
  let reached = 0
  for (const number of numbers) {
    for (let taken = chosen; taken >= 1; taken -= 1) {
      const [without, withIt] = [ways[taken - 1]!, ways[taken]!]
      for (let sum = 0; sum <= reached; sum += 1) withIt[sum + number]! += without[sum]!
    }
    reached += number
  }
  return ways[chosen]!
}

function approximate({ ranks, ties }: Ranks, n: number, rankSum: number): number {
  const total = ranks.length
  const m = total - n
  const variance = ((n * m) / 12) * (total + 1 - tieTerm(ties) / (total * (total - 1)))
  if (variance === 0) return 1
  const distance = Math.abs(rankSum - (n * (total + 1)) / 2)
  return twoSidedTail(Math.max(0, distance - 0.5) / Math.sqrt(variance))
}
