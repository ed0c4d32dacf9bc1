import type { Run } from '../../bench/result.ts'
import { csvCell } from './escape.ts'
import type { Exporter } from './exporter.ts'

/** A row for each figure of each trial, for a spreadsheet or a data frame. */
export const csv: Exporter = {
  name: 'csv',
  says: 'one row for each figure of each trial',
  extension: 'csv',
  files: ({ runs }) => {
    const params = [...new Set(runs.flatMap((run) => Object.keys(run.params)))]
    const header = [...NAMES, ...params, 'trial', 'mode', 'seed', 'metric', 'unit', 'better', 'value']
    const rows = runs.flatMap((run) => rowsOf(run, params))
    return [{ name: 'trials', text: `${[header, ...rows].map(line).join('\n')}\n` }]
  },
}

const NAMES = ['scenario', 'variant', 'machine', 'kind', 'revision', 'definition']

type Cell = Parameters<typeof csvCell>[0]

function rowsOf(run: Run, params: readonly string[]): Cell[][] {
  const { scenario, variant, machine, kind, revision, definition } = run
  const names = [
    scenario,
    variant,
    machine,
    kind,
    revision?.name,
    definition,
    ...params.map((name) => (Object.hasOwn(run.params, name) ? run.params[name] : undefined)),
  ]
  return run.trials.flatMap(({ index, mode, seed, metrics }) =>
    Object.entries(metrics).map(([metric, value]) => {
      const { unit, better } = Object.hasOwn(run.metrics, metric) ? run.metrics[metric]! : {}
      return [...names, index, mode, seed, metric, unit, better, value]
    }),
  )
}

const line = (cells: readonly Cell[]) => cells.map(csvCell).join(',')
