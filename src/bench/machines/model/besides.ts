import type { Profile } from '../../../model/profile.ts'
import { drawn, scaled } from '../../../model/scaling.ts'
import { lacksSamples } from '../../derived/latencies.ts'
import type { Modelled } from '../../plan.ts'
import type { ModelInfo, RunTimeline } from '../../result.ts'
import { median } from '../../statistics.ts'
import { type Asked, playOnce, type Site } from './play.ts'

// Additional runs of a group: on machines with drawn costs, and for a timeline.

/** Seeds of draws are far from those of runs. */
const FIRST_DRAW = 0x5eed_0000

/** The number of additional runs, without the timeline. */
export const runsBesides = ({ draws, whatIf, seeds }: Modelled) => draws + whatIf.length * seeds.length

type Metrics = Readonly<Record<string, number>>

/** For the band, and with costs scaled. Scaled costs are run with the seed of each trial, so that an effect can be told from chance. */
export async function scaledAndDrawn(site: Site, asked: Asked): Promise<Pick<ModelInfo, 'draws' | 'whatIf'>> {
  const { draws, whatIf, seeds } = site.group.modelled!
  const metricsOn = async (profile: Profile, seed: number): Promise<Metrics> => {
    const { metrics, histograms } = (await playOnce(site, { ...asked, profile, seed })).trial
    const counts = Object.fromEntries(histograms)
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => !lacksSamples(name, counts)))
  }
  const { profile } = asked
  const drawnMetrics = Array.from({ length: draws }, (_, draw) => {
    return metricsOn(drawn(profile, FIRST_DRAW + draw), seeds[0]!)
  })
  const ifs = whatIf.map((scaling) => {
    const machine = scaled(profile, [scaling])
    return seeds.map((seed) => metricsOn(machine, seed))
  })
  handled([...drawnMetrics, ...ifs.flat()])
  const all: ModelInfo['whatIf'][number][] = []
  for (const [index, runs] of ifs.entries()) all.push({ ...whatIf[index]!, ...ofSeeds(seeds, await inOrder(runs)) })
  return { draws: await inOrder(drawnMetrics), whatIf: all }
}

function ofSeeds(
  seeds: readonly number[],
  runs: readonly Metrics[],
): Omit<ModelInfo['whatIf'][number], 'cost' | 'scale'> {
  if (runs.length === 1) return { metrics: runs[0]! }
  const names = Object.keys(runs[0]!).filter((name) => runs.every((metrics) => metrics[name] !== undefined))
  const metrics = Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name]!))]))
  return { metrics, trials: runs.map((run, index) => ({ seed: seeds[index]!, metrics: run })) }
}

/** A separate run in which every fault is recorded. */
export async function pictureOf(site: Site, asked: Asked): Promise<RunTimeline | undefined> {
  const { timelineEvents } = site.options.plan
  if (timelineEvents === 0) return undefined
  const seed = site.group.modelled!.seeds[0]!
  return (await playOnce(site, { ...asked, seed, timelineEvents })).timeline
}

/** Several runs are under way: the first failure, in their order, is reported; the others need no report. */
export function handled(runs: readonly Promise<unknown>[]): void {
  for (const run of runs) run.catch(() => {})
}

async function inOrder<T>(runs: readonly Promise<T>[]): Promise<T[]> {
  const done: T[] = []
  for (const run of runs) done.push(await run)
  return done
}
