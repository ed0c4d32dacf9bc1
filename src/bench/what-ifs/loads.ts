import { loadProfile, type Profile, withValues } from '../../model/profile.ts'
import { taskOf } from '../load.ts'
import { playTask, received } from '../machines/model/task.ts'
import { groupOf } from '../plan.ts'
import type { Scenario, Variant } from '../scenario.ts'

/** A load of a scenario, small enough to be played often. */
export type WhatIfLoad = {
  readonly scenario: Scenario
  readonly variant: string
  readonly machine: string
  readonly vcpus: number
  readonly notifiers: number
  readonly set: Readonly<Record<string, string>>
  readonly durationMs: number
}

/** The usual load of a scenario with that many vCPUs, where it does not say how many. */
export function loadOf(scenario: Scenario, variant: string, vcpus: number): WhatIfLoad {
  const { crew } = scenario
  return {
    scenario,
    variant,
    machine: 'altra-64',
    vcpus: crew?.vcpus ?? vcpus,
    notifiers: crew?.notifiers ?? 1,
    set: {},
    durationMs: scenario.kind === 'vm' ? scenario.modelled!.durationMs : 0,
  }
}

export type Figures = Readonly<Record<string, number>>

const TIMING = { arrival: { kind: 'closed' }, sampleEvery: 1 } as const
const WATCH = { oracles: false, recorder: true, lockStatistics: true, lockdep: false }

const modelledOf = ({ scenario }: WhatIfLoad) => (scenario.kind === 'vm' ? scenario.modelled : undefined)!

/** The machine as a run of `bench` has it. */
export function machineFor(load: WhatIfLoad): Profile {
  const costs = Object.entries(modelledOf(load).costs ?? {}).map(([name, ns]) => [`cost.${name}_ns`, ns])
  return withValues(loadProfile(load.machine), Object.fromEntries(costs), 'of the scenario')
}

/** The figures that decide the question of the load, and those that explain them. */
export async function figuresOf(load: WhatIfLoad, machine: Profile, seed: number): Promise<Figures> {
  const { scenario, vcpus, notifiers } = load
  const { values, warmupMs } = modelledOf(load)
  const own = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
  const group = groupOf(scenario, [load.variant], { vcpus, notifiers, zappers: 0 }, { ...own, ...load.set }, null)
  const variant: Variant = group.variants[0]!
  const task = { ...taskOf(group, variant, TIMING, seed, WATCH), machine, warmupMs, durationMs: load.durationMs, seed }
  const { trial } = received(await playTask(task))
  return trial.metrics as Figures
}
