import type { Run } from '../../bench/result.ts'
import type { Exporter } from './exporter.ts'

/** A row for each figure of each trial: what a spreadsheet or a data frame wants. */
export const csv: Exporter = {
  name: 'csv',
  says: 'a row for each figure of each trial',
  extension: 'csv',
  files: ({ runs }) => {
    const params = [...new Set(runs.flatMap((run) => Object.keys(run.params)))]
    const header = [...NAMES, ...params, 'trial', 'mode', 'seed', 'metric', 'unit', 'better', 'value']
    const rows = runs.flatMap((run) => rowsOf(run, params))
    return [{ name: 'trials', text: `${[header, ...rows].map(line).join('\n')}\n` }]
  },
}

const NAMES = ['scenario', 'variant', 'machine', 'kind', 'revision', 'definition']

type Cell = string | number | null | undefined

function rowsOf(run: Run, params: readonly string[]): Cell[][] {
  const { scenario, variant, machine, kind, revision, definition } = run
  const names = [
    scenario,
    variant,
    machine,
    kind,
    revision?.name,
    definition,
    ...params.map((name) => run.params[name]),
  ]
  return run.trials.flatMap(({ index, mode, seed, metrics }) =>
    Object.entries(metrics).map(([metric, value]) => {
      const { unit, better } = run.metrics[metric] ?? {}
      return [...names, index, mode, seed, metric, unit, better, value]
    }),
  )
}

/** RFC 4180: quoted where a comma, a quote or a line break would be misread. */
const line = (cells: readonly Cell[]) =>
  cells
    .map((cell) => String(cell ?? ''))
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')
