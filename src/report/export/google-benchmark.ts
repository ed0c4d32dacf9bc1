import type { Metric, Result, Run, TrialRow } from '../../bench/result.ts'
import { benchName } from '../names.ts'
import { type Exporter, json, labelsOf, machineOf } from './exporter.ts'

/**
 * Google Benchmark's JSON, which its `compare.py` reads. It compares times: a metric in ns is one, and a rate becomes the
 * time of one operation. The CPU time of such a figure is unknown, so the real time is repeated; the context says so.
 */
export const googleBenchmark: Exporter = {
  name: 'google-benchmark',
  says: "Google Benchmark's JSON, for its compare.py",
  extension: 'json',
  files: (result) => [
    { name: 'google-benchmark', text: json({ context: context(result), benchmarks: benchmarks(result) }) },
  ],
}

function context({ host, createdAt, source }: Result): object {
  return {
    date: createdAt,
    host_name: 'unknown',
    executable: 'faultline',
    num_cpus: host.cores,
    mhz_per_cpu: 0,
    cpu_scaling_enabled: host.governor !== null && host.governor !== 'performance',
    caches: [],
    load_avg: [],
    library_build_type: 'release',
    json_schema_version: 1,
    cpu: host.cpu,
    node: host.node,
    git: source.git ?? 'unknown',
    cpu_time: 'not measured: it is real_time',
  }
}

function benchmarks({ runs }: Result): object[] {
  return runs.flatMap((run, family) => {
    const timed = Object.entries(run.metrics).filter(([name]) => isTime(run, name))
    return timed.flatMap(([metric, kind], instance) => {
      const trials = run.trials.filter((trial) => Object.hasOwn(trial.metrics, metric))
      return trials.map((trial, repetition) => ({
        ...counters(run, trial),
        ...names(run, metric, family, instance),
        run_type: 'iteration',
        repetitions: trials.length,
        repetition_index: repetition,
        threads: workersOf(run),
        iterations: 1,
        ...times(trial.metrics[metric]!, kind),
        time_unit: 'ns',
      }))
    })
  })
}

function isTime({ metrics }: Run, name: string): boolean {
  if (!Object.hasOwn(metrics, name)) return false
  const { unit, better } = metrics[name]!
  return better !== null && (unit === 'ns' || unit === '1/s')
}

function names(run: Run, metric: string, family: number, instance: number) {
  const name = `${benchName(labelsOf(run))}/${metric}/machine:${machineOf(run).replaceAll(' ', '')}`
  return { name, family_index: family, per_family_instance_index: instance, run_name: name }
}

/** A rate of 0 has no time for one: such a trial is kept, as one that failed. */
function times(value: number, { unit }: Metric) {
  if (unit === '1/s' && value === 0) {
    return { real_time: 0, cpu_time: 0, error_occurred: true, error_message: 'nothing was done in this trial' }
  }
  const ns = unit === 'ns' ? value : 1e9 / value
  return { real_time: ns, cpu_time: ns }
}

/** Figures that are neither a time nor a rate, or have no direction: `compare.py` takes any shorter time for better. */
function counters(run: Run, { metrics }: TrialRow): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => !isTime(run, name)))
}

function workersOf({ params }: Run): number {
  const counts = [params.workers, params.vcpus, params.notifiers, params.zappers]
  return counts.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0)
}
