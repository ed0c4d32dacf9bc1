import type { Refinement } from './frontier/refine.ts'
import type { Runtime } from './host.ts'
import type { Live } from './machines/machine.ts'
import type { Stops } from './machines/threads/disturbance.ts'
import type { Group, PlanOptions } from './plan.ts'
import type { Profiles, Result, Run, Shard } from './result.ts'

/** How a plan reports its progress. */
export type Watcher = {
  /** A trial is about to run: the `done`th of `total`. */
  readonly progress: (done: number, total: number, label: string) => void
  /** How fast a modelled run went: of this host, so it is in no result. */
  readonly speed: (label: string, steps: number, ms: number) => void
  /** Called with the error of a run that could not finish. The result has its message. */
  readonly failed?: (cause: unknown) => void
  /** Workers of a trial on threads have begun. */
  readonly live?: Live | undefined
  /** A measured trial is finished: what there is so far, its group marked as interrupted. */
  readonly trialEnded?: (sofar: () => Result) => void
  /** Runs are finished: what stays of them in memory. Without it all of them does. `sofar` is the result that they are added to. */
  readonly held?: ((runs: readonly Run[], sofar: Result) => readonly Run[]) | undefined
  /** A group is finished: what there is so far, worth keeping. */
  readonly finished: (result: Result) => void
}

export type BenchOptions = {
  readonly plan: PlanOptions
  readonly groups: readonly Group[]
  readonly command: readonly string[]
  /** Machines of the plan that do not come with the program, by their names in the command. */
  readonly profiles?: Profiles
  readonly runtime: Runtime
  readonly signal: AbortSignal
  readonly stops?: Stops
  /** A result of the same plan that has some of its runs: only the others are run. */
  readonly earlier?: Result | undefined
  /** The groups are a part of a plan: every `of`th of its points. */
  readonly shard?: Shard | undefined
  /** More points near the frontier, when the groups have been run. */
  readonly refine?: Refinement | undefined
  /** For modelled runs; by default all cores that this process may use. */
  readonly cores?: number
  /** How long modelled runs use one thread before they use the others. */
  readonly aloneMs?: number
}
