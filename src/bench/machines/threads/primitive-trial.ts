import { Bench, type FnReturnedObject } from 'tinybench'
import type { PrimitiveName } from '../../../threads/primitives-worker.ts'
import { type PrimitiveOptions, type PrimitiveRun, runPrimitive } from '../../../threads/run-primitive.ts'
import type { Trial } from '../../trial.ts'

/**
 * One trial of one primitive on fresh threads, driven by tinybench: its sample is the mean of all operations of all workers,
 * because a single one is shorter than a reading of the clock.
 */
export async function primitiveTrial(
  options: PrimitiveOptions & { readonly primitive: PrimitiveName },
): Promise<Trial> {
  let run: PrimitiveRun | undefined
  const bench = new Bench({ time: 0, iterations: 1, warmup: false, throws: true })
  const trial = async (): Promise<FnReturnedObject> => {
    run = await runPrimitive(options)
    return { overriddenDuration: run.spanMs / total(run.operations), overriddenIterationCost: run.spanMs }
  }
  bench.add(options.primitive, trial, { async: true })
  const [task] = await bench.run()
  if (run === undefined || task?.result.state !== 'completed') throw new Error(`${options.primitive} was not measured`)
  // Threads that spin without ever sleeping may all wait for one that has no core, for a whole trial.
  const isStuck = total(run.operations) === 0
  return {
    metrics: {
      elapsed_ns: run.spanMs * 1e6,
      operations_per_second: isStuck ? 0 : task.result.throughput.mean,
      ...(isStuck ? {} : { ns_per_operation: task.result.latency.mean * 1e6 }),
      ...(isStuck || run.operations.length === 1 ? {} : { jain_fairness: jain(run.operations) }),
      ...(run.longestMs === null ? {} : { operation_max_ns: run.longestMs * 1e6 }),
    },
    counters: {},
    histograms: new Map(),
    locks: [],
    violations:
      run.lost === 0
        ? []
        : [{ oracle: 'mutual_exclusion', count: Math.abs(run.lost), value: run.lost, worker: 'at rest' }],
    splats: [],
    durationNs: run.spanMs * 1e6,
    waitedForCpuShare: 0,
  }
}

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)

/** Jain's index of fairness: 1 if all had the same share, 1/n if one had everything. */
function jain(counts: readonly number[]): number {
  const squares = counts.reduce((sum, count) => sum + count * count, 0)
  return total(counts) ** 2 / (counts.length * squares)
}
