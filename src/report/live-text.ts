import type { LiveRun, LiveWorker } from '../threads/live.ts'
import { columns, count } from './numbers.ts'
import { widthOf } from './tones.ts'

/** A snapshot of the counters of a run. */
export type LiveFrame = {
  readonly label: string
  readonly atMs: number
  readonly phase: ReturnType<LiveRun['phase']>
  readonly counters: readonly string[]
  readonly workers: readonly LiveWorker[]
  /** By counter, of all workers. */
  readonly totals: readonly number[]
  readonly perSecond: readonly number[]
}

const MOST_COUNTERS = 14

/** The counters of each worker, or of each role if the terminal is too narrow. */
export function liveText(frame: LiveFrame, width: number): string[] {
  const each = tableOf(frame, frame.workers)
  const table = widest(each) < width ? each : tableOf(frame, byRole(frame.workers))
  return [`${frame.label}, ${frame.phase}`, ...table]
}

function tableOf({ counters, totals, perSecond, phase }: LiveFrame, workers: readonly LiveWorker[]): string[] {
  const counted = [...counters.keys()].filter((counter) => totals[counter]! > 0)
  if (counted.length === 0) return [phase === 'measuring' ? 'nothing counted yet' : 'nothing counts in this phase']
  const shown = new Set(counted.toSorted((a, b) => totals[b]! - totals[a]!).slice(0, MOST_COUNTERS))
  const rows = counted
    .filter((counter) => shown.has(counter))
    .map((counter) => [
      counters[counter]!,
      ...workers.map(({ counts }) => count(counts[counter]!)),
      count(totals[counter]!),
      `${count(Math.round(perSecond[counter]!))}/s`,
    ])
  const waits = workers.map(({ waitsFor }) => waitsFor ?? '')
  const left = counted.length - shown.size
  return [
    ...columns([
      ['', ...workers.map(({ name }) => name), 'all', 'now'],
      ...rows,
      ...(waits.some((text) => text !== '') ? [['waits for', ...waits]] : []),
    ]).split('\n'),
    ...(left > 0 ? [`and ${left} more counters with lower counts`] : []),
  ]
}

const widest = (lines: readonly string[]) => Math.max(...lines.map(widthOf))

/** `vcpu 0` to `vcpu 62` as `63 vcpu`; locks are those that any of them waits for. */
function byRole(workers: readonly LiveWorker[]): LiveWorker[] {
  const roleOf = ({ name }: LiveWorker) => name.replace(/ \d+$/, '')
  return [...new Set(workers.map(roleOf))].map((role) => {
    const own = workers.filter((worker) => roleOf(worker) === role)
    const locks = own.flatMap(({ waitsFor }) => waitsFor ?? [])
    return {
      name: `${own.length} ${role}`,
      counts: own[0]!.counts.map((_, counter) => own.reduce((sum, { counts }) => sum + counts[counter]!, 0)),
      waitsFor: locks.length === 0 ? undefined : `${locks.length} of ${own.length}`,
    }
  })
}
