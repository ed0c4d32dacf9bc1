import type { Metric, Result, Run, TrialRow } from '../../bench/result.ts'
import { benchName } from '../names.ts'
import { rest, word } from './escape.ts'
import { type Exporter, labelsOf } from './exporter.ts'

/**
 * Go's benchmark text, golang/go#14313: a line for each trial, which benchstat, benchseries and Bencher read. Configuration keys split
 * benchstat's tables, so only properties that must not be compared are keys: the machine, its kind and its host. Everything else is a comment.
 */
export const go: Exporter = {
  name: 'go',
  says: 'Go benchmark text, for benchstat',
  extension: 'txt',
  files: (result) => [
    { name: 'go', text: `${[...remarks(result), ...units(result.runs), ...body(result)].join('\n')}\n` },
  ],
}

/** Lines that readers skip. */
function remarks({ source, createdAt, command, host }: Result): string[] {
  const git = source.git === null ? [] : [`git ${source.git}${source.dirty ? ' with changes' : ''}`]
  const stated = [`created ${createdAt}`, ...git, `kernel ${host.kernel}`, command.join(' ')]
  return stated.map((text) => `# ${rest(text)}`)
}

/** A unit line holds for the whole file: a unit is exact only if no run measured it. */
function units(runs: readonly Run[]): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))]
  const all = new Map<string, Metric[]>()
  for (const name of names) {
    const metrics = runs.flatMap((run) => (Object.hasOwn(run.metrics, name) ? run.metrics[name]! : []))
    const unit = unitOf(name, metrics[0]!)
    all.set(unit, [...(all.get(unit) ?? []), ...metrics])
  }
  return [...all].flatMap(([unit, metrics]) => {
    const { better } = metrics[0]!
    const isExact = metrics.every(({ assume }) => assume === 'exact')
    const stated = [better === null ? '' : ` better=${better}`, isExact ? ' assume=exact' : ''].join('')
    return stated === '' ? [] : [`Unit ${unit}${stated}`]
  })
}

/** Readers convert ns to seconds if the unit says ns. */
const unitOf = (name: string, { unit }: Metric) => word(unit === 'ns' ? `${name.replace(/_ns$/, '')}-ns` : name)

function body({ runs, host }: Result): string[] {
  let last = ''
  return runs.flatMap((run) => {
    const set = configuration(run, host)
    const changed = set.join('\n') === last ? [] : set
    last = set.join('\n')
    return [...changed, ...run.trials.flatMap((trial) => line(run, trial))]
  })
}

/** Holds for all lines that follow, until it is set again; a key without a value is unset. A modelled figure has no host. */
function configuration({ machine, kind }: Run, { cpu, cores, node }: Result['host']): string[] {
  const host = kind === 'measured' ? { cpu, cores, node } : { cpu: '', cores: '', node: '' }
  return Object.entries({ machine, kind, ...host }).map(([key, value]) => `${key}: ${rest(String(value))}`.trimEnd())
}

function line(run: Run, { metrics }: TrialRow): string[] {
  const values = new Map<string, number>()
  for (const [name, value] of Object.entries(metrics)) {
    if (!Object.hasOwn(run.metrics, name)) continue
    const unit = unitOf(name, run.metrics[name]!)
    if (!values.has(unit)) values.set(unit, value)
  }
  if (values.size === 0) return []
  // A name that ends in -N would be read as a number of procs. One iteration: a trial is measured as a whole.
  const name = benchName(labelsOf(run)).replace(/-(\d+)$/, '_$1')
  return [`Benchmark${name} 1 ${[...values].map(([unit, value]) => `${value} ${unit}`).join(' ')}`]
}
