import { paramsOf } from './load.ts'
import type { Group, PlanOptions } from './plan.ts'
import type { Run } from './result.ts'

/** The parameters with several values in these loads: those that a sweep varies. */
export function variedAmong(loads: readonly Run['params'][]): string[] {
  const names = [...new Set(loads.flatMap((params) => Object.keys(params)))]
  return names.filter((name) => new Set(loads.map((params) => params[name])).size > 1)
}

/** More parameters do not fit a line. */
const MOST_NAMED = 3

/** Says of each load of a sweep which one it is: `vcpus 16, pause-us 100`; of different questions nothing, as their names say it. */
export function pointTexts(groups: readonly Group[], plan: PlanOptions): (group: Group) => string {
  const isSweep = new Set(groups.map(({ scenario }) => scenario.name)).size === 1
  const varied = isSweep ? variedAmong(groups.map((group) => paramsOf(group, plan))) : []
  const named = varied.slice(0, MOST_NAMED)
  return (group) => {
    if (named.length === 0) return ''
    const params = paramsOf(group, plan)
    return named.map((name) => `${name} ${params[name] ?? '-'}`).join(', ')
  }
}
