import { definitionOf } from './definition/definition.ts'
import { definedBy, notesOf, paramsOf } from './load.ts'
import type { Group, PlannedTrial, PlanOptions } from './plan.ts'
import type { Run, RunError, RunTimeline } from './result.ts'
import { patchOf } from './scenario.ts'
import { type Done, summarise } from './summarise.ts'
import type { Violation } from './trial.ts'
import { warningsOf } from './warnings.ts'

/** What a trial that failed had shown until then. */
export type Failed = {
  readonly variant: number
  readonly violations: readonly Violation[]
  readonly splats: readonly string[]
}

/** What became of the trials of a group so far. */
export type Played = {
  readonly done: Done[]
  /** By variant. */
  readonly timelines: Map<number, RunTimeline>
  error: RunError | null
  failed: Failed | undefined
  /** Trials in which the process stood still. */
  disturbed: number
}

export type MeasuredGroup = {
  readonly group: Group
  readonly schedule: readonly PlannedTrial[]
  readonly plan: PlanOptions
  readonly played: Played
  readonly circumstances: Parameters<typeof warningsOf>[2]
  /** The plan did not come to the end of the schedule. */
  readonly isCut: boolean
}

/** A run for each variant of which there is something to say. */
export function runsOf({ group, schedule, plan, played, circumstances, isCut }: MeasuredGroup): Run[] {
  const { done, timelines, error, failed, disturbed } = played
  const standing = disturbed === 0 ? [] : [standstill(disturbed)]
  return group.variants.flatMap((variant, index): Run[] => {
    const own = done.filter(({ planned }) => planned.variant === index && planned.purpose === 'measure')
    const aa = done.filter(({ planned }) => planned.variant === index && planned.purpose.startsWith('aa'))
    if (own.length === 0 && error === null) return []
    const splats = distinct([...own.flatMap(({ trial }) => trial.splats), ...(failed?.splats ?? [])])
    const left = distinct(own.flatMap(({ trial }) => trial.leftInJavaScript ?? []))
    const ofFailed = failed?.variant === index ? failed.violations : []
    const summary = summarise(variant, own, aa, { ofFailed })
    const of = schedule.filter(({ variant: one, purpose }) => one === index && purpose === 'measure').length
    return [
      {
        scenario: group.scenario.name,
        variant: variant.name,
        machine: 'threads',
        kind: 'measured',
        params: paramsOf(group, plan),
        definition: definitionOf(definedBy(group, variant)),
        ...patchOf(variant),
        ...summary,
        ...(splats.length === 0 ? {} : { splats }),
        ...(group.replay === null ? {} : { recorded: group.replay.kernel }),
        ...(timelines.has(index) ? { timeline: timelines.get(index)! } : {}),
        warnings: [
          ...notesOf(group),
          ...left.map(leftInJavaScript),
          ...standing,
          ...(own.length === 0 ? [] : warningsOf(summary, own, circumstances)),
        ],
        ...(isCut && error === null && own.length < of ? { interrupted: { trials: own.length, of } } : {}),
        error,
      },
    ]
  })
}

/** Splats of several trials that differ only in the task that met the circle are one. */
function distinct(splats: readonly string[]): string[] {
  const byCircle = new Map(splats.map((splat) => [splat.replace(/^.* is trying to acquire lock:$/m, ''), splat]))
  return [...byCircle.values()]
}

const leftInJavaScript = (method: string) => `could not be compiled, and ran as JavaScript: ${method}`

const standstill = (trials: number) => `the process stood still during trials, which are not used (${trials})`
