import type { Profile } from '../../../model/profile.ts'
import type { BenchOptions } from '../../bench-options.ts'
import { taskOf } from '../../load.ts'
import type { Group } from '../../plan.ts'
import type { Variant } from '../../scenario.ts'
import type { Listeners } from '../machine.ts'
import type { ModelPool } from './pool.ts'
import type { PlayedTrial } from './task.ts'

/** The place where the runs of a group are made. */
export type Site = {
  readonly group: Group
  readonly options: BenchOptions
  readonly pool: ModelPool
  readonly listeners: Listeners
  /** Aborted when a run of the group has failed: those that have not begun are not wanted any more. */
  readonly failed: AbortController
}

/** A variant on a machine. */
export type Asked = { readonly variant: Variant; readonly profile: Profile }

type Once = Asked & {
  readonly seed: number
  /** One of the plan's trials, and not one for a band or a picture. */
  readonly isTrial?: boolean
  readonly timelineEvents?: number
}

/** One run in virtual time, when its turn has come. */
export async function playOnce({ group, options, pool, listeners, failed }: Site, once: Once): Promise<PlayedTrial> {
  const { variant, profile, seed, isTrial = false, timelineEvents = 0 } = once
  const { plan } = options
  const { durationMs, warmupMs } = group.modelled!
  const label = `${group.scenario.name} ${variant.name} on ${profile.name}`
  // Watching, and reading the clock, costs nothing in virtual time: every fault is timed.
  const timing = { ...plan, sampleEvery: 1 }
  const lockdep = (variant.kind === 'broken' || variant.patch !== undefined) && plan.oracles
  const watch = { oracles: plan.oracles, recorder: true, lockStatistics: true, lockdep }
  const task = () => {
    if (isTrial) listeners.onTrial(label, group)
    return {
      ...taskOf(group, variant, timing, seed, watch),
      machine: profile,
      warmupMs,
      durationMs,
      seed,
      timelineEvents,
    }
  }
  try {
    const played = await pool.run(task, failed.signal)
    if (isTrial) listeners.onSpeed(label, played.steps, played.ms)
    return played
  } catch (cause) {
    failed.abort()
    throw cause
  }
}
