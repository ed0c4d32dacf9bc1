import type { Random } from '../../workers/random.ts'
import { METRICS } from '../metrics.ts'
import type { Metric, Result, Run, TrialRow } from '../result.ts'
import { SCHEMA, VERSION } from '../result.ts'
import { median, medianInterval } from '../statistics.ts'

/** A run whose trials had these values. */
export function runOf(values: Readonly<Record<string, readonly number[]>>, over: Partial<Run> = {}): Run {
  const isExact = over.kind === 'modelled'
  const count = Math.max(...Object.values(values).map(({ length }) => length))
  const trials = Array.from({ length: count }, (_, index): TrialRow => {
    const own = Object.entries(values).flatMap(([name, all]) => (all[index] === undefined ? [] : [[name, all[index]]]))
    return { index, mode: 'throughput', seed: 1000 + index, durationNs: 1e8, metrics: Object.fromEntries(own) }
  })
  return {
    scenario: 'precheck',
    variant: 'precheck',
    machine: 'threads',
    kind: 'measured',
    params: { vcpus: 1, notifiers: 1, zappers: 0, range: 512, duration: 100, warmup: 100 },
    definition: 'd1',
    order: trials.map(({ index }) => index),
    trials,
    metrics: Object.fromEntries(Object.entries(values).map(([name, all]) => [name, metricOf(name, all, isExact)])),
    counters: {},
    histograms: {},
    locks: [],
    outcomes: [],
    warnings: [],
    error: null,
    ...over,
  }
}

function metricOf(name: string, values: readonly number[], isExact: boolean): Metric {
  const known = Object.entries(METRICS).find(([metric]) => metric === name)?.[1]
  const { unit, better } = known ?? { unit: '1', better: null }
  const ci95 = medianInterval(values)
  return { unit, better, assume: isExact ? 'exact' : null, n: values.length, median: median(values), ci95 }
}

export function resultOf(runs: readonly Run[], over: Partial<Result> = {}): Result {
  return {
    schema: SCHEMA,
    version: VERSION,
    id: '00000000-0000-4000-8000-000000000000',
    createdAt: '2026-11-21T00:00:00.000Z',
    command: ['bench', '-s', 'precheck'],
    seed: 1,
    source: { git: null, dirty: null, definition: 'd1' },
    host: {
      cpu: 'a cpu',
      cores: 4,
      quota: null,
      memory: 2 ** 34,
      os: 'Linux x64',
      kernel: '6.1',
      node: 'v20.19.0',
      v8: '11.3',
      governor: null,
      virtualised: true,
      clockNs: 40,
    },
    calibration: {},
    runs,
    ...over,
  }
}

/** Normal values by Box and Muller, seeded: `centre` times 1 plus `spread` standard deviations. */
export function noisy(random: Random, count: number, centre: number, spread: number): number[] {
  const uniform = () => (random.next() + 1) / 2 ** 32
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  return Array.from({ length: count }, () => centre * (1 + spread * normal()))
}
