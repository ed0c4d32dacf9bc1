import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextOf } from './conducted.contract.ts'
import { conduct } from './conductor.ts'
import { Control, DRAIN, MEASURE, STOP, WARMUP } from './control.ts'
import { Status } from './status.ts'

test('a worker that still waits when all others have returned ends the run by name', async () => {
  const control = new Control()
  const status = Status.forCpus(2)
  const [gone, left] = [status.writer(0), status.writer(1)]
  for (const worker of [gone, left]) {
    worker.beat()
    worker.drained()
  }
  gone.returned()
  left.waitBegin(3, -1, 0)
  const arriving = setInterval(() => {
    // Both come to the barrier, and are done as soon as it opens.
    if (control.arrived < 2) Atomics.add(control.words, 32, 1)
    else control.advance(STOP)
  }, 1)
  const failure = await conduct(
    contextOf({
      control,
      status,
      nameOf: (cpu) => ['notifier 0', 'memslot-updater 0'][cpu]!,
      describe: ({ word }) => `waits for word ${word}`,
    }),
  )
  clearInterval(arriving)
  assert.equal(failure?.code, 'WORKER_STALLED')
  assert.match(failure.message, /^memslot-updater 0 .*: it waits for word 3$/)
})

test('a phase begins when the leader is between two operations, and the window is not shorter for that', async () => {
  const control = new Control()
  const status = Status.forCpus(1)
  const leader = status.writer(0)
  leader.beat()
  leader.drained()
  const seen: number[] = []
  let askedFor = 0
  const atWork = setInterval(() => {
    if (control.arrived < 1) Atomics.add(control.words, 32, 1)
    // The first looks find the leader within an operation.
    const before = control.phase
    if (before >= WARMUP && before < DRAIN && ++askedFor % 20 === 0) {
      control.beginWanted()
      if (control.phase > before) seen.push(control.phase)
    }
    if (control.phase === DRAIN) control.advance(STOP)
  }, 1)
  const load = { cpus: 1, durationMs: 2000, hasLeader: true, stallMs: 5000 }
  const failure = await conduct(contextOf({ control, status, ...load, signal: AbortSignal.timeout(250) }))
  clearInterval(atWork)
  // It was the leader that began the window; the run was interrupted long before the window was over.
  assert.deepEqual(seen, [MEASURE])
  assert.equal(failure?.code, 'INTERRUPTED')
})
