import { lacksSamples } from '../derived/latencies.ts'
import type { Run } from '../result.ts'
import type { Cell, Line } from './layout.ts'

/** Two runs that are compared: the one in a line's first column, and the one in another. */
export type Met = { readonly line: Line; readonly column: number; readonly base: Cell; readonly head: Cell }

/** A run, or one metric of a run, that is on one side only. */
export type Missing = {
  readonly line: Line['key']
  readonly column: number
  /** Null: the whole run. */
  readonly metric: string | null
  /** `short`: the other side had too few samples for the percentile, which is chance. */
  readonly is: 'gone' | 'new' | 'short'
  readonly isIn: 'base' | 'head'
  /** The median where the figure exists. */
  readonly median: number | null
  readonly unit: string
}

/** Metrics with a direction that one of two runs has and the other has not. */
export function missingMetrics({ line, column, base, head }: Met, wanted: readonly string[]): Missing[] {
  const onlyIn = (one: Run, other: Run, is: 'gone' | 'new') =>
    Object.entries(one.metrics)
      .filter(([name, { better }]) => (wanted.length === 0 ? better !== null : wanted.includes(name)))
      .filter(([name]) => other.metrics[name] === undefined)
      .map(([metric, { median, unit }]): Missing => {
        const found = lacksSamples(metric, other.histograms) ? 'short' : is
        return { line: line.key, column, metric, is: found, isIn: is === 'gone' ? 'base' : 'head', median, unit }
      })
  return [...onlyIn(base.run, head.run, 'gone'), ...onlyIn(head.run, base.run, 'new')]
}

/** Whether a gate must fail: a run cannot disappear by chance. */
export const isLost = ({ is }: Missing): boolean => is !== 'short'
