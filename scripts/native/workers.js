import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import * as library from '../../dist/shared-memory/index.js'
import { allocate } from '../../dist/threads/memory.js'
import { placePrimitive } from '../../dist/threads/primitives-worker.js'
import { ARRIVED, COUNT, PHASE, STOP, TIME, WARM } from './phases.js'

/** Words for a lock by hand: the lock, its queue and a node for each CPU, each on a line, and what it guards. */
const BY_HAND_WORDS = 32 * 80

/** Runs one lock on workers of JavaScript; `way`: by hand, atomics or wasm. As `locks` of locks.c, with what that prints. */
export async function runWorkers({ way, lock, workers, inside, outside, ms }) {
  const { place, guarded } = placePrimitive(library, lock, workers)
  const isByHand = way === 'by hand'
  const memory = allocate(isByHand ? { words: BY_HAND_WORDS } : place, isByHand ? 'atomics' : way)
  const control = new Int32Array(new SharedArrayBuffer(256))
  const task = {
    way,
    lock,
    workers,
    inside,
    outside,
    memory,
    control,
    guarded: isByHand ? BY_HAND_WORDS - 32 : guarded,
  }
  const threads = Array.from({ length: workers }, (_, id) => {
    return new Worker(new URL('./worker.js', import.meta.url), { workerData: { ...task, id } })
  })
  const answers = threads.map(async (thread) => (await once(thread, 'message'))[0])
  while (Atomics.load(control, ARRIVED) < workers) await sleep(1)
  for (const [phase, lasts] of phases(workers, ms)) {
    Atomics.store(control, PHASE, phase)
    Atomics.notify(control, PHASE)
    await sleep(lasts)
  }
  const ran = await Promise.all(answers)
  await Promise.all(threads.map((thread) => thread.terminate()))
  const lost = ran.reduce((sum, { additions }) => sum + additions, 0) - memory.words[task.guarded]
  if ((lost | 0) !== 0) throw new Error(`${lock} (${way}) does not exclude: ${lost} additions are lost`)
  return ran
}

/** V8 compiles in the first of them, so it is as long as what is measured. */
const phases = (workers, ms) => [
  [WARM, ms],
  [COUNT, ms],
  [TIME, workers > 1 ? ms / 2 : 0],
  [STOP, 0],
]

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
