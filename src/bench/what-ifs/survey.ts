import type { Profile } from '../../model/profile.ts'
import { scaled } from '../../model/scaling.ts'
import { METRICS, type MetricName } from '../metrics.ts'
import type { Scenario } from '../scenario.ts'
import { type Figures, figuresOf, machineFor, type WhatIfLoad } from './loads.ts'
import { directionOf, type Step, stepBetween, turns } from './steps.ts'

/** A cost or a parameter, and the values that are tried, from the least to the greatest. */
export type Change = {
  readonly name: string
  readonly values: readonly string[]
  readonly at: (load: WhatIfLoad, value: string) => { readonly load: WhatIfLoad; readonly machine: Profile }
}

const SCALES = ['0.5', '1', '2']

export const costChange = (name: string): Change => ({
  name,
  values: SCALES,
  at: (load, scale) => ({ load, machine: scaled(machineFor(load), [{ cost: name, scale: Number(scale) }]) }),
})

export const parameterChange = (name: string, values: readonly string[]): Change => ({
  name,
  values,
  at: (load, value) => ({ load: { ...load, set: { ...load.set, [name]: value } }, machine: machineFor(load) }),
})

const PAUSES: Readonly<Record<string, readonly string[]>> = {
  'pause-us': ['10', '20', '40'],
  'age-pause-us': ['10', '20', '40'],
  'convert-pause-us': ['50', '100', '200'],
  'period-us': ['100', '200', '400'],
  'update-pause-us': ['100', '200', '400'],
}

/** The pauses that a load of the scenario has. */
export const pauseOf = ({ parameters }: Scenario): readonly Change[] =>
  Object.entries(PAUSES).flatMap(([name, values]) =>
    Object.hasOwn(parameters, name) ? [parameterChange(name, values)] : [],
  )

/** A figure over the values of a change. */
export type Finding = {
  readonly figure: string
  readonly steps: readonly Step[]
  /** It rises, and it falls. */
  readonly turns: boolean
  /** It becomes better while the value rises. */
  readonly gains: boolean
}

/** The effect of the change on the deciding figures of the load's question; empty if it changes none of them. */
export async function findingsOf(
  load: WhatIfLoad,
  change: Change,
  seeds: readonly number[],
  figures: readonly MetricName[] = load.scenario.decides.map(({ metric }) => metric),
): Promise<Finding[]> {
  const at = (value: string, seed: number): Promise<Figures> => {
    const { load: asked, machine } = change.at(load, value)
    return figuresOf(asked, machine, seed)
  }
  const [first, last] = [await at(change.values[0]!, seeds[0]!), await at(change.values.at(-1)!, seeds[0]!)]
  if (JSON.stringify(first) === JSON.stringify(last)) return []
  const all: Figures[][] = []
  for (const value of change.values) {
    const ofValue: Figures[] = []
    for (const seed of seeds) {
      const isPlayed = seed === seeds[0] && (value === change.values[0] || value === change.values.at(-1))
      ofValue.push(isPlayed ? (value === change.values[0] ? first : last) : await at(value, seed))
    }
    all.push(ofValue)
  }
  return figures.flatMap((figure): Finding[] => {
    const bySeed = all.map((ofValue) => ofValue.map((metrics) => metrics[figure]))
    if (bySeed.some((values) => values.some((value) => value === undefined || !Number.isFinite(value)))) return []
    const steps = bySeed.slice(1).map((after, index) => stepBetween(bySeed[index] as number[], after as number[]))
    const { better } = METRICS[figure]
    const wrong = better === 'higher' ? 1 : better === 'lower' ? -1 : 0
    return [
      {
        figure,
        steps,
        turns: turns(steps),
        gains: wrong !== 0 && steps.some((step) => directionOf(step) === wrong),
      },
    ]
  })
}
