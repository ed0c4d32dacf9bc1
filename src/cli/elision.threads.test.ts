import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Run } from '../bench/result.ts'
import { tracePath } from '../replay/recorded.contract.ts'
import { assertSound, faultline, resultIn, uncaught, untilWorked } from './running.contract.ts'

const ONE = ['--trials', '1', '--duration', '60ms', '--warmup', '30ms']
const ELISION = ['bench', '-s', 'elision', '--out', 'x.json']

test('elided invalidations are counted, and the good variants keep every property', async () => {
  const hasWorked = ({ counters }: Run) => counters.memslot_updates! > 0 && counters.invalidate_start! > 0
  const plan = ['bench', '-s', 'elision', '--variant', 'all', '--trials', '1']
  const { out, runs } = await untilWorked(plan, hasWorked)
  assert.doesNotMatch(out, /FORBIDDEN|WARNING: possible/)
  assert.ok(runs.every(hasWorked))
  const figures = runs.map(({ variant, metrics }) => [variant, metrics.mmu_lock_per_invalidation!.median])
  assert.deepEqual(figures, [
    ['always-lock', 2],
    ['count', 2],
    ['count-elide', 0],
  ])
})

test('they also do with a real lock in place of the pseudo lock, with nested pairs and with pairs that may not block', async () => {
  const load = ['pseudo=mutex', 'nested=yes', 'inside-share=20', 'spare-share=40', 'nonblock-share=20', 'mmu=shadow']
  const flags = ['--variant', 'all', '--notifiers', '2', ...ONE, ...load.flatMap((value) => ['--set', value])]
  const { code, out, err } = await faultline([...ELISION, ...flags])
  assertSound({ code, out, err })
})

test('the rwsem deadlocks: the run ends with 3, and says which CPU holds what and which waits for what', async () => {
  const { code, out, folder } = await faultline([...ELISION, '--variant', 'rwsem'])
  assert.equal(code, 3, out)
  assert.match(
    out,
    /deadlock: .*notifier \d holds mmuNotifierSlotsLock for read and waits for mmuNotifierInvalidateRangeStart/,
  )
  assert.match(out, /waits for mmuNotifierSlotsLock for read, behind memslot-updater 0, which waits for it alone/)
  assert.match(out, /waits for mmuNotifierSlotsLock for write, which notifier \d holds for read/)
  const [run] = resultIn(join(folder, 'x.json')).runs
  assert.equal(run!.error!.code, 'DEADLOCK')
  assert.match(run!.splats![0]!, /^=+\nWARNING: possible circular locking dependency detected\n/)
})

test('every broken variant that does not hang is caught on threads', async () => {
  assert.deepEqual(await uncaught('elision', ['rwsem', 'B-ARCHLOCK']), [])
})

test('a VM that is destroyed and created while others invalidate keeps every property', async () => {
  const load = ['shape=teardown', 'dwell-us=20', 'update-pause-us=100', 'spare-share=30']
  const flags = ['--variant', 'all', '--notifiers', '2', ...ONE, ...load.flatMap((value) => ['--set', value])]
  const { code, out, err, folder } = await faultline([...ELISION, ...flags])
  assertSound({ code, out, err })
  const ended = resultIn(join(folder, 'x.json')).runs.map(({ counters }) => counters)
  assert.ok(ended.every(({ invalidate_start, invalidate_end }) => invalidate_start! > invalidate_end!))
})

test('B-ARCHLOCK deadlocks with a vCPU, by name', async () => {
  const run = () => faultline([...ELISION, '--variant', 'B-ARCHLOCK'])
  let { code, out } = await run()
  // If the two did not deadlock in this run, lockdep reports that they could.
  for (let tries = 1; code === 1 && tries < 8; tries += 1) {
    assert.match(out, /FORBIDDEN lock_cycle/)
    ;({ code, out } = await run())
  }
  assert.equal(code, 3, out)
  assert.match(out, /deadlock: vcpu 0 holds srcu and waits for slotsArchLock, which memslot-updater 0 holds/)
})

test('an update that waits for an endless series of pairs is reported as starved', async () => {
  const flags = ['--variant', 'count-elide', '--notifiers', '2', '--set', 'shape=overlap', '--trials', '1']
  const { code, out } = await faultline([...ELISION, ...flags, '--duration', '300ms'])
  assert.equal(code, 0, out)
  assert.match(out, /INTERESTING updater_starved/)
})

for (const name of ['memslot', 'unrelated']) {
  test(`the recording ${name} drives it, with the memslot updates that it shows`, async () => {
    const recording = ['--trace', tracePath(`${name}.trace.gz`), '--memslots', tracePath(`${name}.json`)]
    const { code, out, err, folder } = await faultline([...ELISION, ...recording, '--trials', '1', '--speed', '4'])
    assertSound({ code, out, err })
    for (const { variant, counters, metrics } of resultIn(join(folder, 'x.json')).runs) {
      // A recording is played once, in virtual time; the first addition comes before anything is measured.
      assert.equal(counters.memslot_updates ?? 0, name === 'memslot' ? 432 : 0)
      const perInvalidation = metrics.mmu_lock_per_invalidation!.median
      assert.equal(perInvalidation === 2, variant === 'count', `${variant} ${perInvalidation}`)
    }
  })
}
