import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { allowedCpus, bindThreads, cpusIn } from './bind.ts'

const words = (count: number) => new Int32Array(new SharedArrayBuffer(count * 4))

test('the CPUs of a thread are read from its status', () => {
  assert.deepEqual(cpusIn('Name:\tnode\nCpus_allowed_list:\t0-2,5\n'), [0, 1, 2, 5])
  assert.deepEqual(cpusIn('Cpus_allowed_list:\t3\n'), [3])
  assert.deepEqual(cpusIn('Name:\tnode\n'), [])
})

test('workers are bound only if there is one for each CPU, and not once they have ended', async () => {
  const cpus = allowedCpus().length
  assert.equal(await bindThreads({ turn: 0, threads: words(cpus + 1) }, () => false), undefined)
  assert.equal(await bindThreads({ turn: 0, threads: words(cpus) }, () => true), undefined)
})

test('a bound worker may run on the CPU of its turn only, and the others where they could', async () => {
  const cpus = allowedCpus()
  for (const turn of [0, 1]) {
    const threads = words(cpus.length)
    const gate = words(1)
    const workers = cpus.map((_, id) => allowedInWorker({ turn, threads }, id, gate))
    const bound = await bindThreads({ turn, threads }, () => false)
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
    const allowed = await Promise.all(workers)
    const expected = bound === undefined ? cpus.map(() => cpus) : cpus.map((_, id) => [bound[id]])
    assert.deepEqual(allowed, expected)
    if (bound !== undefined) assert.deepEqual(bound, [...cpus.slice(turn), ...cpus.slice(0, turn)])
  }
  assert.deepEqual(allowedCpus(), cpus)
})

test('if one worker cannot be bound, none is', async () => {
  const cpus = allowedCpus()
  if (cpus.length < 2) return
  const threads = words(cpus.length)
  const gate = words(1)
  const lone = allowedInWorker({ turn: 0, threads }, 0, gate)
  // No thread has this number.
  for (let id = 1; id < cpus.length; id += 1) threads[id] = 2 ** 31 - 1
  assert.equal(await bindThreads({ turn: 0, threads }, () => false), undefined)
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  assert.deepEqual(await lone, cpus)
})

/** Where a worker may run when the gate has been opened. */
async function allowedInWorker(binding: object, id: number, gate: Int32Array): Promise<number[]> {
  const code = `
    const { parentPort, workerData: { module, binding, id, gate } } = require('node:worker_threads')
    import(module).then(({ tellThread, allowedCpus }) => {
      tellThread(binding, id)
      Atomics.wait(gate, 0, 0)
      parentPort.postMessage(allowedCpus())
    })`
  const module = new URL('./bind.js', import.meta.url).href
  const worker = new Worker(code, { eval: true, workerData: { module, binding, id, gate } })
  return await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
}
