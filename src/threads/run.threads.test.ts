import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunFailed } from '../errors/faultline-error.ts'
import { WORK } from '../protocols/costs.ts'
import { COUNTER } from '../protocols/counters.ts'
import type { RolePlan } from '../workers/roles.ts'
import { type RunOptions, run } from './run.ts'
import { optionsOf, vcpuOf } from './run-options.contract.ts'

const PAGES = 512

const vcpu = vcpuOf(PAGES)
const zapperThatRests = (pauseNs: number): RolePlan => ({
  role: 'zapper',
  zap: { kind: 'zap', firstGfn: 0, pages: PAGES, chunk: PAGES, pauseNs },
})
const zapper = zapperThatRests(0)

const options = (roles: readonly RolePlan[], more: Partial<RunOptions> = {}) => optionsOf(roles, PAGES, more)

const failureOf = async (options: RunOptions): Promise<RunFailed> =>
  await run(options).then(
    () => assert.fail('the run did not fail'),
    (error: RunFailed) => error,
  )

/** Asks for so many turns of the calibrated loop that it never ends. */
const endless = (name: string) => WORK.map((work) => (work.name === name ? Number.POSITIVE_INFINITY : 1))

test('each role of a run is measured', async () => {
  // One that never rests leaves the vCPU no moment in which nothing is in progress.
  const { windows, atRest, records, place } = await run(options([vcpu, zapperThatRests(200_000)]))
  assert.equal(windows.length, 2)
  assert.ok(windows.every(({ beganNs, endedNs }) => endedNs > beganNs))
  assert.ok(atRest.every((violation) => !violation || !('count' in violation) || violation.count === 0))
  const mmuLock = place.locks.find(({ name }) => name === 'mmuLock')!
  assert.ok(records.of(0).lock(mmuLock.id, 0).acquisitions > 0)
})

test('after a run its first two workers say how far apart they are, unless there are too few or too many', async () => {
  const { handOverNs } = await run(options([vcpu, zapper]))
  assert.ok(handOverNs !== undefined && handOverNs > 1 && handOverNs < 1e6, `${handOverNs} ns`)
  assert.equal((await run(options([vcpu]))).handOverNs, undefined)
  assert.equal((await run(options([vcpu, zapper], { cores: 1 }))).handOverNs, undefined)
})

test('a worker that throws ends the run with its name and what it threw', async () => {
  const broken = { ...vcpu, accesses: undefined } as unknown as RolePlan
  const failure = await failureOf(options([vcpu, zapper, broken]))
  assert.equal(failure.code, 'WORKER_FAILED')
  assert.match(failure.message, /^vcpu 1 failed: Cannot read properties of undefined/)
})

test('a worker that loops for ever ends the run with its name, and with what it does', async () => {
  const failure = await failureOf(options([vcpu, zapper], { stallMs: 500, workTurns: endless('guest_access') }))
  assert.equal(failure.code, 'WORKER_STALLED')
  assert.match(failure.message, /^vcpu 0 .* s: it waits on no word: it is busy, or was never scheduled$/)
})

test('a run that hangs because a worker loops inside a lock names a worker and what it does', async () => {
  const failure = await failureOf(options([vcpu, zapper], { stallMs: 500, workTurns: endless('zap_spte') }))
  assert.equal(failure.code, 'WORKER_STALLED')
  assert.match(failure.message, /^(vcpu|zapper) 0 .* s.*: it waits (for mmuLock\.|on no word)/)
})

test('an interrupted run ends at once, whether its workers start, wait or are at work', async () => {
  for (const ms of [0, 50, 100, 150, 200, 250, 300, 400]) {
    const failure = await failureOf(options([vcpu, zapper], { durationMs: 60_000, signal: AbortSignal.timeout(ms) }))
    assert.equal(failure.code, 'INTERRUPTED')
  }
})

for (const lockdep of [false, true]) {
  test(`compiled locks are counted and timed${lockdep ? ', with lockdep around them' : ''}`, async () => {
    const plain = options([vcpu, zapperThatRests(200_000)], { words: 'wasm' })
    const watched = { ...plain, system: { ...plain.system, lockdep } }
    // The second run takes the locks that were compiled for the first.
    for (const { records, place, leftInJavaScript, atRest } of [await run(watched), await run(watched)]) {
      assert.equal(leftInJavaScript, undefined)
      assert.deepEqual(atRest, [])
      const mmuLock = place.locks.find(({ name }) => name === 'mmuLock')!
      const { acquisitions, holds, holdTotalNs } = records.of(0).lock(mmuLock.id, 0)
      assert.ok(acquisitions > 0 && holds > 0 && holdTotalNs > 0)
    }
  })
}

test('the window of a run holds whole rounds of its first notifier', async () => {
  const notifier: RolePlan = {
    role: 'notifier',
    isTimed: false,
    invalidations: {
      ...{ kind: 'repeat', startHva: 0, pages: PAGES, pauseNs: 500_000, everyNs: 0, startNs: 0, populate: true },
    },
  }
  // The leader has a quarter of it to end its round in: enough on a busy host, where a round may lose its core.
  const { records } = await run(options([notifier], { durationMs: 400 }))
  const { counters } = records.of(0)
  const unmaps = counters[COUNTER.unmap_gfn_range_calls]!
  assert.ok(unmaps > 0)
  // No other role maps, so each round maps the whole range before it removes it.
  assert.equal(counters[COUNTER.pages_populated], unmaps * PAGES)
})
