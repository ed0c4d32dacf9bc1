import * as library from '../shared-memory/index.ts'
import { Control, DRAIN, MEASURE, WARMUP } from './control.ts'
import { WorkerGroup } from './group.ts'
import { allocate } from './memory.ts'
import { type PrimitiveName, type PrimitiveResult, type PrimitiveTask, placePrimitive } from './primitives-worker.ts'

export type PrimitiveRun = {
  /** Operations of each measured worker. */
  readonly operations: readonly number[]
  /** The time in which all were measured. */
  readonly spanMs: number
  /** Operations inside the lock that left no trace in the word it guards: 0, or it does not exclude. */
  readonly lost: number
}

export type PrimitiveOptions = {
  readonly primitive: PrimitiveName
  readonly workers: number
  readonly cores: number
  readonly warmupMs: number
  readonly durationMs: number
}

/** One trial of a primitive on fresh threads. */
export async function runPrimitive(options: PrimitiveOptions): Promise<PrimitiveRun> {
  const { primitive, workers: cpus, cores, warmupMs, durationMs } = options
  const { place, guarded } = placePrimitive(library, primitive, cpus)
  const memory = allocate(place)
  const control = new Control()
  const isCrowded = cpus > cores
  const tasks = Array.from({ length: cpus }, (_, cpu): PrimitiveTask => {
    return { primitive, cpu, cpus, isCrowded, memory, control: control.words }
  })
  const group = new WorkerGroup(new URL('./primitives-worker.js', import.meta.url), cpus)
  try {
    const ending = group.run<PrimitiveTask, PrimitiveResult>('operate', tasks, control)
    await conduct(control, cpus, warmupMs, durationMs)
    const results = (await ending).map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
    return {
      operations: results.flatMap(({ measured }) => measured ?? []),
      spanMs: Math.min(...results.map(({ spanMs }) => spanMs)),
      lost: results.reduce((sum, { guardedOperations }) => sum + guardedOperations, 0) - (memory.words[guarded]! >>> 0),
    }
  } finally {
    await group.destroy()
  }
}

async function conduct(control: Control, cpus: number, warmupMs: number, durationMs: number): Promise<void> {
  while (control.arrived < cpus && !control.isAborted) await sleep(1)
  control.advance(WARMUP)
  await sleep(warmupMs)
  control.advance(MEASURE)
  await sleep(durationMs)
  control.advance(DRAIN)
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
