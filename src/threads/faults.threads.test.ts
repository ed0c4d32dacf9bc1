import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunFailed } from '../errors/faultline-error.ts'
import { calibrate } from './calibrate.ts'
import { contextOf } from './conducted.contract.ts'
import { conduct } from './conductor.ts'
import { Control } from './control.ts'
import { WorkerGroup } from './group.ts'
import { Status } from './status.ts'

const FAILING = new URL('./failing-worker.contract.js', import.meta.url)

const failureOf = async (running: Promise<unknown>): Promise<RunFailed> =>
  await running.then(
    () => assert.fail('it did not fail'),
    (error: RunFailed) => error,
  )

test('a worker without memory fails, and the run ends for the others', async () => {
  const group = new WorkerGroup(FAILING, 2, { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 })
  const control = new Control()
  try {
    const [outcome] = await group.run('exhaust', [0], control)
    assert.match(`${(outcome as PromiseRejectedResult).reason}`, /out of memory|memory limit/i)
    assert.ok(control.isAborted)
  } finally {
    await group.destroy()
  }
})

test('a worker that leaves while this host is calibrated is a failure in a sentence', async () => {
  const failure = await failureOf(calibrate(5, undefined, FAILING))
  assert.equal(failure.code, 'WORKER_FAILED')
  assert.match(failure.message, /^a worker failed while this host was calibrated: .*exited with code: 7/)
})

test('a calibration is interrupted at once', async () => {
  const failure = await failureOf(calibrate(60_000, AbortSignal.timeout(100)))
  assert.equal(failure.code, 'INTERRUPTED')
})

test('a worker that never starts ends the run by its name', async (t) => {
  const began = performance.now()
  const real = performance.now.bind(performance)
  // After a moment, half a minute later.
  t.mock.method(performance, 'now', () => real() + (real() > began + 50 ? 30_000 : 0))
  const status = Status.forCpus(2)
  status.writer(0).beat()
  const failure = await conduct(contextOf({ status }))
  assert.equal(failure?.code, 'START_FAILED')
  assert.equal(failure.message, 'vcpu 1 did not start within 20.0 s')
})

test('a worker that lives and does nothing is ended with the run', async () => {
  const group = new WorkerGroup(FAILING, 1)
  const control = new Control()
  try {
    const ending = group.run('idle', [0], control)
    control.abort()
    const [outcome] = await ending
    assert.match(`${(outcome as PromiseRejectedResult).reason}`, /AbortError/)
  } finally {
    await group.destroy()
  }
})
