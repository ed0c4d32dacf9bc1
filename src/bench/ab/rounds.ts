import { Random } from '../../workers/random.ts'
import type { Result, Run } from '../result.ts'
import { pairedRatio } from '../statistics.ts'
import type { Part } from './merge.ts'

/** Runs one round of the plan in a separate process. */
export type Runner = (seed: number) => Promise<Result>

export type RoundOptions = {
  readonly rounds: number
  /** The most rounds of the base against itself that come before the others. */
  readonly aaRounds: number
  readonly isEnoughOfItself: () => boolean
  readonly seed: number
  /** Reports the round that begins: the `done`th of `total`. */
  readonly progress: (done: number, total: number, label: string) => void
  /** After each round: whether to stop with the rounds so far. */
  readonly isOver: (roundsDone: number, sofar: Rounds) => boolean
  /** Whether a round fails only because the program is ending: then it is left out. */
  readonly isInterrupted: () => boolean
}

/** The rounds in order: results of the base, of the head, and of the base against itself. */
export type Rounds = {
  readonly base: readonly Ran[]
  readonly head: readonly Ran[]
  readonly aa: readonly (readonly [a: Result, b: Result])[]
}

export type Ran = { readonly round: number; readonly seed: number; readonly place: number; readonly result: Result }

/**
 * Interleaves two revisions: each round runs one process of each, in an order that the seed decides, under one load. A
 * disturbance of the host then affects both.
 */
export async function interleave(base: Runner, head: Runner, options: RoundOptions): Promise<Rounds> {
  const { rounds, aaRounds, seed, progress, isEnoughOfItself, isOver, isInterrupted } = options
  const random = new Random(seed)
  const total = 2 * (rounds + aaRounds)
  let place = 0
  const start = (label: string) => {
    progress(place, total, label)
    place += 1
  }
  const aa: [Result, Result][] = []
  const ran = { base: [] as Ran[], head: [] as Ran[] }
  try {
    for (let round = 0; round < aaRounds; round += 1) {
      const load = random.next()
      start('base against itself')
      const a = await base(load)
      start('base against itself')
      aa.push([a, await base(load)])
      if (isEnoughOfItself()) break
    }
    for (let round = 0; round < rounds; round += 1) {
      const load = random.next()
      const sides = random.below(2) === 0 ? (['base', 'head'] as const) : (['head', 'base'] as const)
      const both: { base?: Ran; head?: Ran } = {}
      for (const side of sides) {
        start(side)
        const result = await (side === 'base' ? base : head)(load)
        both[side] = { round, seed: load, place: place - 1, result }
      }
      ran.base.push(both.base!)
      ran.head.push(both.head!)
      if (isOver(round + 1, { ...ran, aa })) break
    }
  } catch (cause) {
    if (!isInterrupted()) throw cause
  }
  return { ...ran, aa }
}

/** The parts of each run of a plan, in the order of the plan. */
export function partsOf(ran: readonly Ran[]): Part[][] {
  const count = Math.min(...ran.map(({ result }) => result.runs.length))
  return Array.from({ length: count }, (_, index) =>
    ran.map(({ round, seed, place, result }) => ({ round, seed, place, run: result.runs[index]! })),
  )
}

/** The difference of the base to itself, round by round. */
export function noiseOf(aa: Rounds['aa'], index: number): Run['noise'] {
  const runs = aa.map((pair) => pair.map(({ runs: all }) => all[index])).filter(([a, b]) => a && b) as [Run, Run][]
  const names = Object.entries(runs[0]?.[0].metrics ?? {}).filter(([, { better }]) => better !== null)
  const entries = names.flatMap(([name]) => {
    const values = (side: 0 | 1) => runs.map((pair) => pair[side].metrics[name]?.median ?? Number.NaN)
    const ratio = pairedRatio(values(0), values(1))
    return ratio === undefined
      ? []
      : [[name, { ratio: ratio.ratio, ci95: ratio.ci95, n: ratio.pairs, ratios: ratio.ratios }] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
