import { RunFailed } from '../errors/faultline-error.ts'
import * as library from '../shared-memory/index.ts'
import { START_DEADLINE_MS } from './conductor.ts'
import { Control, DRAIN, MEASURE, WARMUP } from './control.ts'
import { WorkerGroup } from './group.ts'
import { allocate, type Words } from './memory.ts'
import { type PrimitiveName, type PrimitiveResult, type PrimitiveTask, placePrimitive } from './primitives-worker.ts'

export type PrimitiveRun = {
  /** Operations of each measured worker. */
  readonly operations: readonly number[]
  /** The longest time in which one was measured: one that had no core for a part of it did nothing meanwhile. */
  readonly spanMs: number
  /** The longest time of one operation of a measured worker, its wait for the lock above all; null for a worker alone. */
  readonly longestMs: number | null
  /** Operations inside the lock that left no trace in the word it guards: 0, or it does not exclude. */
  readonly lost: number
}

export type PrimitiveOptions = {
  readonly primitive: PrimitiveName
  readonly workers: number
  readonly cores: number
  readonly words: Words
  readonly warmupMs: number
  readonly durationMs: number
  /** Gives the run up. */
  readonly signal?: AbortSignal
}

/** One trial of a primitive on fresh threads. */
export async function runPrimitive(options: PrimitiveOptions): Promise<PrimitiveRun> {
  const { primitive, workers: cpus, cores, words, warmupMs, durationMs } = options
  const { place, guarded } = placePrimitive(library, primitive, cpus)
  const memory = allocate(place, words)
  const control = new Control()
  const isCrowded = cpus > cores
  const tasks = Array.from({ length: cpus }, (_, cpu): PrimitiveTask => {
    return { primitive, cpu, cpus, isCrowded, memory, control: control.words }
  })
  const group = new WorkerGroup(new URL('./primitives-worker.js', import.meta.url), cpus)
  const giveUp = () => control.abort()
  options.signal?.addEventListener('abort', giveUp, { once: true })
  try {
    const ending = group.run<PrimitiveTask, PrimitiveResult>('operate', tasks, control)
    const isStarted = await conduct(control, cpus, warmupMs, durationMs)
    const settled = await ending
    if (options.signal?.aborted) throw new RunFailed('INTERRUPTED', 'the run was interrupted')
    if (!isStarted) throw notStarted(cpus)
    const results = settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
    return ranAs(results, memory.words[guarded]! >>> 0)
  } finally {
    options.signal?.removeEventListener('abort', giveUp)
    await group.destroy()
  }
}

/** The combined result of the workers. `left`: the final value of the word that the lock guards. */
export const ranAs = (results: readonly PrimitiveResult[], left: number): PrimitiveRun => ({
  operations: results.flatMap(({ measured }) => measured ?? []),
  spanMs: Math.max(...results.map(({ spanMs }) => spanMs)),
  longestMs: longestOf(results),
  lost: results.reduce((sum, { guardedOperations }) => sum + guardedOperations, 0) - left,
})

function longestOf(results: readonly PrimitiveResult[]): number | null {
  const timed = results.flatMap(({ measured, longestMs }) => (measured === null ? [] : (longestMs ?? [])))
  return timed.length === 0 ? null : Math.max(...timed)
}

const notStarted = (cpus: number) =>
  new RunFailed('START_FAILED', `not all of ${cpus} workers started within ${START_DEADLINE_MS / 1000} s`)

/** False if some worker never came. */
async function conduct(control: Control, cpus: number, warmupMs: number, durationMs: number): Promise<boolean> {
  const began = performance.now()
  while (control.arrived < cpus && !control.isAborted) {
    if (performance.now() - began > START_DEADLINE_MS) {
      control.abort()
      return false
    }
    await sleep(1)
  }
  control.advance(WARMUP)
  await pass(control, warmupMs)
  control.advance(MEASURE)
  await pass(control, durationMs)
  control.advance(DRAIN)
  return true
}

/** So long, or until the run is aborted. */
async function pass(control: Control, ms: number): Promise<void> {
  const end = performance.now() + ms
  for (let left = ms; left > 0 && !control.isAborted; left = end - performance.now())
    await sleep(Math.min(left, POLL_MS))
}

const POLL_MS = 50
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
