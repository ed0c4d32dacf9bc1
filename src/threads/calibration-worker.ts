import { Bench } from 'tinybench'
import { Control } from './control.ts'
import { type HandOverPlan, playHandOver } from './hand-over.ts'
import { turn } from './turn.ts'

// Tasks for WorkerGroup: measure this host's primitives in separate threads.

export type CalibrationTask = {
  readonly control: Int32Array<SharedArrayBuffer>
  readonly budgetMs: number
  /** The one primitive to measure; all if it is left out. */
  readonly only?: string
}

const BATCH = 2000

/** Median ns of one operation of each kind, alone on its line. */
export async function primitives({ budgetMs, only }: CalibrationTask): Promise<Record<string, number>> {
  const words = new Int32Array(new SharedArrayBuffer(128))
  let sink = 0
  const batches: Record<string, (n: number) => void> = {
    empty_loop_ns: (n) => {
      for (let i = 0; i < n; i += 1) sink = (sink + i) | 0
    },
    work_turn_ns: turn,
    atomics_load_ns: (n) => {
      for (let i = 0; i < n; i += 1) sink = (sink + Atomics.load(words, 0)) | 0
    },
    atomics_store_ns: (n) => {
      for (let i = 0; i < n; i += 1) Atomics.store(words, 0, i)
    },
    atomics_add_ns: (n) => {
      for (let i = 0; i < n; i += 1) Atomics.add(words, 0, 1)
    },
    atomics_cas_ns: (n) => {
      for (let i = 0; i < n; i += 1) Atomics.compareExchange(words, 0, i, i + 1)
    },
    atomics_notify_ns: (n) => {
      for (let i = 0; i < n; i += 1) Atomics.notify(words, 0, 1)
    },
    clock_read_ns: (n) => {
      for (let i = 0; i < n; i += 1) sink = (sink + performance.now()) | 0
    },
  }
  const bench = new Bench({
    time: budgetMs,
    iterations: 10,
    warmupTime: budgetMs / 2,
    warmupIterations: 20,
    timestampProvider: 'hrtimeNow',
    throws: true,
  })
  for (const [name, batch] of Object.entries(batches)) {
    if (only !== undefined && name !== only) continue
    const timed = () => {
      const began = bench.now()
      batch(BATCH)
      const took = bench.now() - began
      return { overriddenDuration: took / BATCH, overriddenIterationCost: took }
    }
    bench.add(name, timed, { async: false })
  }
  bench.runSync()
  const costs: Record<string, number> = {}
  for (const { name, result } of bench.tasks) {
    if (result.state === 'completed') costs[name] = result.latency.p50 * 1e6
  }
  // Keeps the loops' results alive.
  if (sink === 0.5) throw new Error('unreachable')
  return only === undefined ? { ...costs, clock_step_ns: clockStepNs() } : costs
}

const READINGS = 20_000

/** The grid on which the clock ticks: the smallest difference between two intervals that are not rare. */
function clockStepNs(): number {
  const seen = new Map<number, number>()
  let last = performance.now()
  for (let reading = 0; reading < READINGS; reading += 1) {
    const now = performance.now()
    const interval = Math.round((now - last) * 1e6)
    seen.set(interval, (seen.get(interval) ?? 0) + 1)
    last = now
  }
  const common = [...seen].filter(([, count]) => count > READINGS / 100).map(([interval]) => interval)
  common.sort((a, b) => a - b)
  const steps = common.slice(1).map((interval, index) => interval - common[index]!)
  return steps.length === 0 ? common[0]! : Math.max(...steps.filter((step) => step <= Math.min(...steps) + 1))
}

/** Turns of the calibrated loop a second, by one of several threads that begin together. */
export function arithmetic({ control, budgetMs }: CalibrationTask): number {
  const gate = new Control(control)
  turn(2_000_000)
  gate.arriveAndWait()
  const began = performance.now()
  let turns = 0
  while (performance.now() - began < budgetMs) {
    turn(100_000)
    turns += 100_000
  }
  return (turns / (performance.now() - began)) * 1000
}

export type HandOverTask = HandOverPlan & {
  readonly control: Int32Array<SharedArrayBuffer>
  readonly words: Int32Array<SharedArrayBuffer>
  readonly side: 0 | 1
}

export function handOver({ control, words, side, ...plan }: HandOverTask): number {
  new Control(control).arriveAndWait()
  return playHandOver(words, side, plan)
}
