import type { Metric, Result, Run, TrialRow } from '../../bench/result.ts'
import { benchName } from '../names.ts'
import { type Exporter, telling } from './exporter.ts'

/** Go's benchmark text, golang/go#14313: a line a trial, which benchstat, benchseries and Bencher read. */
export const go: Exporter = {
  name: 'go',
  says: 'Go benchmark text, for benchstat',
  extension: 'txt',
  files: (result) => [
    { name: 'go', text: `${[...head(result), ...units(result.runs), ...body(result)].join('\n')}\n` },
  ],
}

/** Configuration holds for all lines that follow, until it is set again. */
function head({ host, source, createdAt }: Result): string[] {
  const { cpu, cores, node, kernel } = host
  const git = source.git === null ? {} : { git: `${source.git}${source.dirty ? '-dirty' : ''}` }
  return Object.entries({ cpu, cores, node, kernel, ...git, created: createdAt }).map(
    ([key, value]) => `${key}: ${value}`,
  )
}

/** What is said of a unit holds for the whole file: exact is only what no run of it measured. */
function units(runs: readonly Run[]): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))]
  return names.flatMap((name) => {
    const all = runs.flatMap((run) => run.metrics[name] ?? [])
    const { better } = all[0]!
    const isExact = all.every(({ assume }) => assume === 'exact')
    const said = [better === null ? '' : ` better=${better}`, isExact ? ' assume=exact' : ''].join('')
    return said === '' ? [] : [`Unit ${unitOf(name, all[0]!)}${said}`]
  })
}

/** Readers make seconds of ns where the unit says so. */
const unitOf = (name: string, { unit }: Metric) => (unit === 'ns' ? `${name.replace(/_ns$/, '')}-ns` : name)

function body({ runs }: Result): string[] {
  let machine = ''
  return runs.flatMap((run) => {
    const set = [`machine: ${run.machine}`, `kind: ${run.kind}`, `definition: ${run.definition}`]
    const changed = set.join('\n') === machine ? [] : set
    machine = set.join('\n')
    return [...changed, ...run.trials.flatMap((trial) => line(run, trial))]
  })
}

function line(run: Run, { metrics }: TrialRow): string[] {
  const values = Object.entries(metrics).flatMap(([name, value]) => {
    const metric = run.metrics[name]
    return metric === undefined ? [] : [`${value} ${unitOf(name, metric)}`]
  })
  if (values.length === 0) return []
  // A name that ends in -N would be read as a number of procs. One iteration: a trial is measured as a whole.
  const name = benchName(telling(run)).replace(/-(\d+)$/, '_$1')
  return [`Benchmark${name} 1 ${values.join(' ')}`]
}
