import type { Cells } from './cells.ts'
import type { Limits } from './limits.ts'
import { LivelockProbe } from './livelock.ts'
import { Machine } from './machine.ts'
import { WeakReduction } from './memory/weak-reduction.ts'
import type { Program } from './program.ts'
import type { Reducer } from './reducer.ts'
import { Reduction } from './reduction.ts'
import { Reruns } from './reruns.ts'
import type { Hooks } from './search.ts'
import type { Watch } from './watch.ts'

/** Everything that a thread needs to explore a program. */
export type Exploring = {
  readonly machine: Machine
  readonly probe: LivelockProbe
  readonly reruns: Reruns
  readonly hooks: Hooks
}

/** Some of its executions run twice, less and less often by `rerunGrowth`. */
export function exploring(program: Program, limits: Limits, watch: Watch, rerunGrowth: number): Exploring {
  const options = { patience: limits.patience, memory: limits.memory }
  const machine = watch(() => new Machine(program, options))
  const probe = new LivelockProbe(program, limits.memory)
  const reruns = new Reruns(program, options, rerunGrowth)
  const hooks: Hooks = {
    loops: (gaveUp) => program.isUnended !== true && probe.loops(gaveUp),
    ended: (at) => reruns.ended(at),
    watch,
  }
  return { machine, probe, reruns, hooks }
}

export const reductionOf = (machine: Machine, cells?: Cells): Reducer =>
  machine.weak === undefined ? new Reduction(machine, cells) : new WeakReduction(machine, cells)

/** With how many retries the schedule of a livelock is replayed, which was seen without the signal that would have ended it. */
export const FOR_EVER = 1 << 28
