import { identityOf } from '../comparing/layout.ts'
import type { Result, Run } from '../result.ts'

/** An exact figure that changed. */
export type Deviation = {
  readonly run: string
  readonly figure: string
  readonly was: string | number | null
  readonly is: string | number | null
}

/** Runs in which chance has no part: modelled ones, and counts of fixed schedules. Where an interruption came is chance. */
export const isExactRun = ({ kind, metrics, interrupted }: Run): boolean =>
  interrupted === undefined && (kind === 'modelled' || Object.values(metrics).some(({ assume }) => assume === 'exact'))

/** The name of a run, as one says it and as one finds it again. */
export function runKey(run: Run): string {
  const { scenario, variant, machine, kind: _, ...params } = identityOf(run)
  const set = Object.entries(params).map(([name, value]) => `${name}=${value}`)
  return `${scenario} ${variant} on ${machine}, ${set.join(' ')}`
}

/** The deviations of every exact figure of `was`. A new figure in `is` deviates too, because it was never approved. */
export function deviations(was: Result, is: Result): Deviation[] {
  const [before, after] = [byKey(was), byKey(is)]
  const all = [...new Set([...before.keys(), ...after.keys()])]
  return all.flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)]
    if (now === undefined) return [{ run: key, figure: 'the run', was: 'there', is: null }]
    if (old === undefined) return [{ run: key, figure: 'the run', was: null, is: 'there' }]
    return compareFigures(key, figuresOf(old), figuresOf(now))
  })
}

/** A plan may ask the same twice: the second time gets another name. */
function byKey({ runs }: Result): Map<string, Run> {
  const found = new Map<string, Run>()
  for (const run of runs.filter(isExactRun)) {
    const key = runKey(run)
    const again = [...found.keys()].filter((other) => other === key || other.startsWith(`${key} (`)).length
    found.set(again === 0 ? key : `${key} (${again + 1})`, run)
  }
  return found
}

function compareFigures(run: string, was: Figures, is: Figures): Deviation[] {
  const names = [...new Set([...was.keys(), ...is.keys()])]
  return names
    .map((figure) => ({ run, figure, was: was.get(figure) ?? null, is: is.get(figure) ?? null }))
    .filter((deviation) => !Object.is(deviation.was, deviation.is))
}

/** Machines whose costs are not those of the baseline, although they are called the same. */
export function changedMachines(was: Result, is: Result): string[] {
  const now = byKey(is)
  const changed = [...byKey(was)].flatMap(([key, { machine, model }]) => {
    const hash = now.get(key)?.model?.profileHash
    if (hash === undefined || model === undefined || model.profileHash === hash) return []
    return [`${machine} has other costs than it had: profile ${model.profileHash}, now ${hash}`]
  })
  return [...new Set(changed)]
}

type Figures = ReadonlyMap<string, string | number>

/** Everything that a run computes. A modelled one computes all that it holds; of others only what says that it is exact. */
function figuresOf(run: Run): Figures {
  const figures = new Map<string, string | number>()
  for (const [name, metric] of Object.entries(run.metrics)) {
    if (metric.assume !== 'exact' && run.kind !== 'modelled') continue
    figures.set(name, metric.median)
    for (const { seed, metrics } of run.trials) figures.set(`${name}, seed ${seed}`, metrics[name] ?? 'none')
  }
  figures.set('error', run.error?.message ?? 'none')
  for (const { outcome, grade, count } of run.outcomes) {
    if (grade === 'forbidden' || run.kind === 'modelled') figures.set(`outcome: ${outcome} (${grade})`, count)
  }
  if (run.kind !== 'modelled') return figures
  for (const [name, count] of Object.entries(run.counters)) figures.set(name, count)
  for (const [name, { hdr: _, unit: __, ...summary }] of Object.entries(run.histograms)) {
    for (const [part, value] of Object.entries(summary)) figures.set(`${name} ${part}`, value ?? 'too few samples')
  }
  for (const { name, side, who: _, kind: __, ...lock } of run.locks) {
    for (const [part, value] of Object.entries(lock)) figures.set(`${name} ${side} ${part}`, value)
  }
  return figures
}
