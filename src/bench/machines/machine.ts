import type { LiveRun } from '../../threads/live.ts'
import type { Group, PlannedTrial } from '../plan.ts'
import type { ModelInfo, Run, RunError, RunTimeline } from '../result.ts'
import type { Variant } from '../scenario.ts'
import type { Done, Summary } from '../summarise.ts'
import type { Violation } from '../trial.ts'

/** A point of a plan, and the trials that are to be made of it. */
export type Point = { readonly group: Group; readonly schedule: readonly PlannedTrial[] }

/** What carries trials out: threads of this host, or a model in virtual time. */
export interface Machine {
  /** The trials of a point, by variant. Rejects never for what happens in a trial: that is the error of what was gathered. */
  play(point: Point, trialEnded: TrialEnded): Promise<readonly Gathered[]>
}

/** A trial that was measured has ended: `sofar` says what there would be if it were the last. */
export type TrialEnded = (sofar: () => readonly Gathered[]) => void

/** Workers of a trial have begun; what is returned is called when they have ended. */
export type Live = (label: string, run: LiveRun) => () => void

/** How a machine reports the trials that it makes. */
export type Listeners = {
  readonly onTrial: (label: string, group: Group) => void
  readonly onSpeed: (label: string, steps: number, ms: number) => void
  readonly onFailure: (cause: unknown) => void
  readonly onLive: Live | undefined
}

/** What a machine has of one variant. */
export type Gathered = {
  readonly variant: Variant
  readonly done: readonly Done[]
  /** Trials of the baseline against itself. */
  readonly aa: readonly Done[]
  /** What was seen in a trial that came to no figures. */
  readonly ofFailed: readonly Violation[]
  readonly splats: readonly string[]
  readonly timeline: RunTimeline | undefined
  readonly model?: ModelInfo
  /** What this machine doubts of these figures. */
  readonly doubts: (summary: Summary) => readonly string[]
  /** Not all trials were made. */
  readonly interrupted?: Run['interrupted'] | undefined
  readonly error: RunError | null
}
