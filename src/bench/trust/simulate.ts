import { Random } from '../../workers/random.ts'
import { familiesOf, isDecisive } from '../comparing/families.ts'
import { decide } from '../comparing/judge.ts'
import type { Samples } from '../comparing/samples.ts'
import { testedOf } from '../comparing/verdict.ts'
import { METRICS } from '../metrics.ts'
import type { Noise as AgainstItself } from '../result.ts'
import { median } from '../statistics.ts'
import type { Noise } from './noises.ts'

export type How = 'interleaved' | 'separate files'

export type Simulation = {
  readonly how: How
  readonly noise: Noise
  readonly pairs: number
  readonly trials: number
  readonly spread: number
  /** The change planted in one of the deciding figures, as a share of the base. */
  readonly shift: number
  readonly alpha: number
  readonly seed: number
}

/** The shares of tables in which the verdict claims a change, any figure does, and the planted one does. */
export type Shares = { readonly verdict: number; readonly any: number; readonly found: number }

const SCENARIO = 'precheck'
const PAIR = { line: { key: { scenario: SCENARIO }, cells: [] }, column: 1 } as const
/** The first deciding figure, and enough others to make fifteen. */
const FIGURES = Object.entries(METRICS)
  .filter(([, { better }]) => better !== null)
  .map(([metric, { unit, better }]) => ({ metric, kind: { unit, better } }))
  .toSorted((a, b) => Number(decides(b.metric)) - Number(decides(a.metric)))
  .slice(0, 15)
/** Rounds of the baseline against itself, as `bench` has them. */
const AA_ROUNDS = 5

function decides(metric: string): boolean {
  return isDecisive({ scenario: SCENARIO, pair: PAIR, of: { metric } as Samples })
}

/** Compares simulated results with the same procedure as real ones. Every figure has independent noise. */
export function simulate(simulation: Simulation): Shares {
  const { pairs, seed } = simulation
  const random = new Random(seed)
  let [verdict, any, found] = [0, 0, 0]
  for (let each = 0; each < pairs; each += 1) {
    const decisions = decideOne(simulation, random)
    if (decisions.some(({ isClaimed, member }) => isClaimed && member.role === 'primary')) verdict += 1
    if (decisions.some(({ isClaimed }) => isClaimed)) any += 1
    if (decisions[0]!.isClaimed) found += 1
  }
  return { verdict: verdict / pairs, any: any / pairs, found: found / pairs }
}

/** The smallest change that the procedure claims to show for one deciding figure: the median over these pairs. */
export function saidToShow(simulation: Simulation): number {
  const random = new Random(simulation.seed)
  const stated = Array.from({ length: simulation.pairs }, () => {
    const { member, evidence } = decideOne(simulation, random)[0]!
    return testedOf(member.of, evidence, member.alpha!).detectable ?? Number.POSITIVE_INFINITY
  })
  return median(stated)
}

function decideOne(simulation: Simulation, random: Random) {
  const asked = FIGURES.map((figure, at) => {
    return { scenario: SCENARIO, pair: PAIR, of: { ...figure, ...samplesOf(simulation, random, at === 0) } }
  })
  return decide(familiesOf(asked, isDecisive, simulation.alpha), simulation.alpha)
}

function samplesOf(
  { how, noise, trials, spread, shift }: Simulation,
  random: Random,
  isPlanted: boolean,
): Omit<Samples, 'metric' | 'kind'> {
  const series = noise.series(random, 2 * trials, spread).map((log) => 100 * Math.exp(log))
  const moved = (value: number) => (isPlanted ? value * (1 + shift) : value)
  const aa = (count: number) => Array.from({ length: count }, () => againstItself(noise, random, spread))
  if (how === 'separate files') {
    const [base, head] = [series.slice(0, trials), series.slice(trials).map(moved)]
    return { base, head, pairs: [], isHeadLater: true, isExact: false, noise: aa(2) }
  }
  const rounds = Array.from({ length: trials }, (_, round) => {
    const [first, second] = [series[2 * round]!, series[2 * round + 1]!]
    return random.below(2) === 0 ? ([first, moved(second)] as const) : ([second, moved(first)] as const)
  })
  return {
    base: rounds.map(([base]) => base),
    head: rounds.map(([, head]) => head),
    pairs: rounds,
    isExact: false,
    noise: aa(1),
  }
}

function againstItself(noise: Noise, random: Random, spread: number): AgainstItself {
  const series = noise.series(random, 2 * AA_ROUNDS, spread)
  const ratios = Array.from({ length: AA_ROUNDS }, (_, round) => Math.exp(series[2 * round + 1]! - series[2 * round]!))
  return { ratio: 1, ci95: [1, 1], n: AA_ROUNDS, ratios }
}
