import type { Metric, Run } from '../../bench/result.ts'
import { visible } from '../../bench/visible.ts'
import { benchName } from '../names.ts'
import { distinct } from './escape.ts'
import { type Exporter, json, labelsOf, machineOf } from './exporter.ts'

const LONGEST_NAME = 1024
const LONGEST_MEASURE = 64

/** Bencher Metric Format. Metrics without a direction get names for which Bencher raises no alarm. */
export const bencher: Exporter = {
  name: 'bencher',
  says: 'Bencher Metric Format',
  extension: 'json',
  files: ({ runs }) => [{ name: 'bencher', text: json(named(runs.flatMap(benchmarks))) }],
}

/** Two runs may be called the same. */
function named(all: readonly (readonly [string, object])[]): object {
  const suffixed = (name: string, again: number) => {
    const suffix = ` (${again})${name.endsWith(IGNORED) ? IGNORED : ''}`
    return `${name.replace(new RegExp(`${IGNORED}$`), '').slice(0, LONGEST_NAME - suffix.length)}${suffix}`
  }
  const names = distinct(
    all.map(([name]) => name),
    suffixed,
  )
  return Object.fromEntries(all.map(([, measures], index) => [names[index]!, measures]))
}

const IGNORED = '-bencher-ignore'

function benchmarks(run: Run): [string, object][] {
  const name = visible(`${benchName(labelsOf(run))} on ${machineOf(run)}`)
  const of = (isIgnored: boolean, suffix: string): [string, object][] => {
    const metrics = Object.entries(run.metrics).filter(([, { better }]) => (better === null) === isIgnored)
    if (metrics.length === 0) return []
    const slugs = distinct(
      metrics.map(([metric]) => slug(metric)),
      (own, again) => `${own.slice(0, LONGEST_MEASURE - 1 - String(again).length)}-${again}`,
    )
    const measures = metrics.map(([, value], index) => [slugs[index]!, measure(value)])
    return [[`${name.slice(0, LONGEST_NAME - suffix.length)}${suffix}`, Object.fromEntries(measures)]]
  }
  return [...of(false, ''), ...of(true, IGNORED)]
}

/** Small letters, digits, and hyphens between them. */
const slug = (metric: string) =>
  metric
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, LONGEST_MEASURE)
    .replace(/-$/, '') || 'unnamed'

const measure = ({ median, ci95 }: Metric) => ({ value: median, lower_value: ci95[0], upper_value: ci95[1] })
