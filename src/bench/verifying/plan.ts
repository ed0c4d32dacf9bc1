import { runsAskedOf } from '../load.ts'
import type { Group, PlanOptions } from '../plan.ts'
import type { Result, Run } from '../result.ts'

/** Parameters that the host decides unless they are given, and a path that is written from another folder. */
const OF_PLACE = ['vcpus', 'trace']

/**
 * Runs that the plan in the command has and the file has not, or the other way round. After a run that failed or was interrupted
 * a plan ends; a file that says neither and lacks runs has lost them.
 */
export function planFaults({ runs }: Result, groups: readonly Group[], options: PlanOptions): string[] {
  const left = new Map<string, number>()
  for (const run of runs) left.set(keyOf(run), (left.get(keyOf(run)) ?? 0) + 1)
  const missing: string[] = []
  const isCut = runs.some((run) => run.error !== null || Object.hasOwn(run, 'interrupted'))
  for (const group of groups) {
    for (const asked of runsAskedOf(group, options)) {
      const key = keyOf(asked)
      const many = left.get(key) ?? 0
      if (many > 0) left.set(key, many - 1)
      else missing.push(`${asked.scenario} ${asked.variant} on ${asked.machine}`)
    }
  }
  return [
    ...(isCut ? [] : missing.map((run) => `its command asks for ${run}, which is missing or differs`)),
    ...[...left]
      .flatMap(([key, many]) => (many > 0 ? [key] : []))
      .map((key) => `there is a run that its command does not ask for: ${key}`),
  ]
}

function keyOf({
  scenario,
  variant,
  machine,
  params,
}: Pick<Run, 'scenario' | 'variant' | 'machine' | 'params'>): string {
  const set = Object.entries(params)
    .filter(([name]) => !OF_PLACE.includes(name))
    .map(([name, value]) => `${name}=${value}`)
  return `${scenario} ${variant} on ${machine}, ${set.sort().join(' ')}`
}
