import type { LiveRun } from '../../threads/live.ts'
import type { Group, PlannedTrial } from '../plan.ts'
import type { ModelInfo, Run, RunError, RunTimeline } from '../result.ts'
import type { Variant } from '../scenario.ts'
import type { Done, Summary } from '../summarise.ts'
import type { Violation } from '../trial.ts'

/** A point of a plan, and the trials that are to be made of it. */
export type Point = { readonly group: Group; readonly schedule: readonly PlannedTrial[] }

/** Runs trials: on threads of this host, or on a model in virtual time. */
export interface Machine {
  /** The trials of a point, by variant. Never rejects because of an error in a trial: that is recorded in its result. */
  play(point: Point, trialEnded: TrialEnded): Promise<readonly Gathered[]>
}

/** A trial that was measured has ended: `sofar` says what there would be if it were the last. */
export type TrialEnded = (sofar: () => readonly Gathered[]) => void

/** Called when the workers of a trial have started; the returned function is called when they have ended. */
export type Live = (label: string, run: LiveRun) => () => void

/** How a machine reports the trials that it runs. */
export type Listeners = {
  readonly onTrial: (label: string, group: Group) => void
  readonly onSpeed: (label: string, steps: number, ms: number) => void
  readonly onFailure: (cause: unknown) => void
  readonly onLive: Live | undefined
}

/** The results of one variant on a machine. */
export type Gathered = {
  readonly variant: Variant
  readonly done: readonly Done[]
  /** Trials of the baseline against itself. */
  readonly aa: readonly Done[]
  /** The violations of a trial without figures. */
  readonly ofFailed: readonly Violation[]
  readonly splats: readonly string[]
  readonly timeline: RunTimeline | undefined
  readonly model?: ModelInfo
  /** This machine's warnings about the figures. */
  readonly doubts: (summary: Summary) => readonly string[]
  /** Not all trials were made. */
  readonly interrupted?: Run['interrupted'] | undefined
  readonly error: RunError | null
}
