import type { Profile } from '../../../model/profile.ts'
import { drawn, scaled } from '../../../model/scaling.ts'
import { lacksSamples } from '../../derived/latencies.ts'
import type { Modelled } from '../../plan.ts'
import type { ModelInfo, RunTimeline } from '../../result.ts'
import { type Asked, playOnce, type Site } from './play.ts'

// Additional runs of a group: on machines with drawn costs, and for a timeline.

/** Seeds of draws are far from those of runs. */
const FIRST_DRAW = 0x5eed_0000

/** The number of additional runs, without the timeline. */
export const runsBesides = ({ draws, whatIf }: Modelled) => draws + whatIf.length

/** For the band, and with costs scaled. */
export async function scaledAndDrawn(site: Site, asked: Asked): Promise<Pick<ModelInfo, 'draws' | 'whatIf'>> {
  const { draws, whatIf, seeds } = site.group.modelled!
  const metricsOn = async (profile: Profile): Promise<Readonly<Record<string, number>>> => {
    const { metrics, histograms } = (await playOnce(site, { ...asked, profile, seed: seeds[0]! })).trial
    const counts = Object.fromEntries(histograms)
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => !lacksSamples(name, counts)))
  }
  const { profile } = asked
  const drawnMetrics = Array.from({ length: draws }, (_, draw) => metricsOn(drawn(profile, FIRST_DRAW + draw)))
  const ifs = whatIf.map((scaling) => metricsOn(scaled(profile, [scaling])))
  handled([...drawnMetrics, ...ifs])
  return {
    draws: await inOrder(drawnMetrics),
    whatIf: (await inOrder(ifs)).map((metrics, index) => ({ ...whatIf[index]!, metrics })),
  }
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
