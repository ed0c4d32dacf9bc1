import type { Group, PlannedTrial } from '../../plan.ts'
import type { RunError, RunTimeline } from '../../result.ts'
import type { Done } from '../../summarise.ts'
import type { Violation } from '../../trial.ts'
import type { Gathered, Point } from '../machine.ts'
import { type Circumstances, doubtsOf } from './doubts.ts'
import type { Failed } from './failed.ts'

/** The results so far of the trials of a point. */
export class Session {
  readonly point: Point
  readonly done: Done[] = []
  /** By variant. */
  readonly timelines = new Map<number, RunTimeline>()
  /** Trials that were made again, because the process stood still in them. */
  disturbed = 0
  error: RunError | null = null
  failed: Failed | undefined

  constructor(point: Point) {
    this.point = point
  }

  add(done: Done, timeline: RunTimeline | undefined): void {
    this.done.push(done)
    if (timeline !== undefined) this.timelines.set(done.planned.variant, timeline)
  }

  /** What kept workers of variants violated after their last trials counts with those. */
  addViolations(all: readonly (readonly [variant: number, violations: readonly Violation[]])[]): void {
    for (const [variant, violations] of all) {
      const at = this.done.findLastIndex(({ planned }) => planned.variant === variant)
      if (at < 0 || violations.length === 0) continue
      const done = this.done[at]!
      this.done[at] = { ...done, trial: { ...done.trial, violations: [...done.trial.violations, ...violations] } }
    }
  }

  fails(error: RunError, failed: Failed | undefined): void {
    this.error = error
    this.failed = failed
  }

  ends(): void {
    if (this.done.length === 0 && this.disturbed > 0) this.error ??= alwaysStopped(this.point.group, this.disturbed)
  }
}

/** Variants of which nothing was measured are left out, unless that is what went wrong. `isCut`: not all of the schedule was made. */
export function gather(
  session: Session,
  circumstances: Circumstances,
  drift: readonly string[],
  isCut: boolean,
): Gathered[] {
  const { point, done, timelines, disturbed, error, failed } = session
  return point.group.variants.flatMap((variant, index): Gathered[] => {
    const isOwn = (of: PlannedTrial, purpose: string) => of.variant === index && of.purpose.startsWith(purpose)
    const own = done.filter(({ planned }) => isOwn(planned, 'measure'))
    if (own.length === 0 && error === null) return []
    const of = point.schedule.filter((planned) => isOwn(planned, 'measure')).length
    return [
      {
        variant,
        done: own,
        aa: done.filter(({ planned }) => isOwn(planned, 'aa')),
        ofFailed: failed?.variant === index ? failed.violations : [],
        splats: distinct([...own.flatMap(({ trial }) => trial.splats), ...(failed?.splats ?? [])]),
        timeline: timelines.get(index),
        doubts: (summary) => [...doubtsOf(summary, own, disturbed, circumstances), ...drift],
        interrupted: isCut && error === null && own.length < of ? { trials: own.length, of } : undefined,
        error,
      },
    ]
  })
}

const alwaysStopped = ({ scenario, variants }: Group, trials: number): RunError => ({
  code: 'DISTURBED',
  message: `the process stood still during all of ${trials} trials`,
  context: { scenario: scenario.name, variant: variants.map(({ name }) => name).join(', ') },
  hint: 'Let the host run it without interruption, for longer than a trial at a time.',
})

/** Splats of several trials that differ only in the task that met the circle are one. */
function distinct(splats: readonly string[]): string[] {
  const byCircle = new Map(splats.map((splat) => [splat.replace(/^.* is trying to acquire lock:$/m, ''), splat]))
  return [...byCircle.values()]
}
