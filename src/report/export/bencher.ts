import type { Metric, Run } from '../../bench/result.ts'
import { benchName } from '../names.ts'
import { type Exporter, json, machineOf, telling } from './exporter.ts'

const LONGEST_NAME = 1024
const LONGEST_MEASURE = 64

/** Bencher Metric Format. What has no direction is named so that Bencher raises no alarm about it. */
export const bencher: Exporter = {
  name: 'bencher',
  says: 'Bencher Metric Format',
  extension: 'json',
  files: ({ runs }) => [{ name: 'bencher', text: json(Object.fromEntries(runs.flatMap(benchmarks))) }],
}

function benchmarks(run: Run): [string, object][] {
  const name = `${benchName(telling(run))} on ${machineOf(run)}`
  const of = (isIgnored: boolean, suffix: string): [string, object][] => {
    const metrics = Object.entries(run.metrics).filter(([, { better }]) => (better === null) === isIgnored)
    if (metrics.length === 0) return []
    const measures = metrics.map(([metric, value]) => [slug(metric), measure(value)])
    return [[`${name.slice(0, LONGEST_NAME - suffix.length)}${suffix}`, Object.fromEntries(measures)]]
  }
  return [...of(false, ''), ...of(true, '-bencher-ignore')]
}

const slug = (metric: string) => metric.replaceAll('_', '-').slice(0, LONGEST_MEASURE)

const measure = ({ median, ci95 }: Metric) => ({ value: median, lower_value: ci95[0], upper_value: ci95[1] })
