import { Ahead, type Part } from './ahead.ts'
import type { BenchOptions, Watcher } from './bench-options.ts'
import { measuredHeader, modelledHeader } from './header.ts'
import { runsAskedOf } from './load.ts'
import type { Gathered } from './machines/machine.ts'
import { Model } from './machines/model/model.ts'
import { Threads } from './machines/threads/threads.ts'
import { type Group, scheduleOf } from './plan.ts'
import { judged } from './replaying.ts'
import type { Result, Run, Shard } from './result.ts'
import { Finished } from './resume.ts'
import { runOf } from './run-of.ts'

/** Parts that are begun before their turn, for each core. */
const AHEAD = 4

/** Runs a plan. Rejects never for what happens in a run: that is in the result, as the run's error. */
export async function bench(options: BenchOptions, watcher: Watcher): Promise<Result> {
  const { groups, plan, earlier, shard, signal } = options
  const finished = new Finished(earlier)
  const parts = groups.map((group): Part => {
    return { group, schedule: scheduleOf(group, plan), there: finished.take(runsAskedOf(group, plan)) }
  })
  const left = parts.filter(({ there }) => there === undefined)
  const total = left.reduce((sum, { schedule }) => sum + schedule.length, 0)
  let done = 0
  const isMeasured = left.some(({ group }) => group.modelled === undefined)
  if (isMeasured) watcher.progress(done, total, 'calibrating')
  const now = isMeasured ? await measuredHeader(options) : modelledHeader(options)
  const runs: Run[] = []
  const result = { ...(earlier ?? now), ...(shard === undefined ? {} : { shard }), runs }
  const listeners = {
    onTrial: (label: string) => {
      watcher.progress(done, total, label)
      done += 1
    },
    onSpeed: watcher.speed,
    onFailure: (cause: unknown) => watcher.failed?.(cause),
  }
  const placed = (part: Part, own: readonly Run[]) => {
    const point = shard === undefined ? {} : { point: pointOf(parts.indexOf(part), shard) }
    return judged(
      part.group,
      own.map((run) => ({ ...point, ...run })),
    )
  }
  const threads = new Threads(options, now, listeners)
  const model = new Model(options, listeners)
  const ahead = new Ahead(parts, model.cores * AHEAD, async (part) => {
    const machine = part.group.modelled === undefined ? threads : model
    const runsOf = (gathered: readonly Gathered[]) => gathered.map((one) => runOf(part.group, plan, one))
    const trialEnded = (sofar: () => readonly Gathered[]) =>
      watcher.trialEnded?.(() => ({ ...result, runs: [...runs, ...placed(part, runsOf(sofar()))] }))
    return runsOf(await machine.play(part, trialEnded))
  })
  try {
    for (const [index, part] of parts.entries()) {
      const { group, there } = part
      if (signal.aborted && !ahead.hasBegun(index)) break
      const own = there ?? (await ahead.take(index))
      runs.push(...placed(part, own))
      if (there === undefined) watcher.finished(result)
      if (own.some(({ error }) => error !== null) && !isBroken(group)) break
    }
  } finally {
    await model.end()
  }
  return result
}

/** The place of a part's load among all loads of the plan. */
const pointOf = (index: number, { index: part, of }: Shard) => index * of + part - 1

/** A run of a broken variant alone may well fail: that says nothing of what comes after it. */
const isBroken = ({ variants }: Group) => variants.every(({ kind }) => kind === 'broken')
