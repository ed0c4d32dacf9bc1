import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { tracePath } from '../replay/recorded.contract.ts'
import { faultline, resultIn, SHORT } from './running.contract.ts'

const ELISION = ['bench', '-s', 'elision', '--out', 'x.json']

test('what is elided is counted, and the variants that hold keep every property', async () => {
  const { code, out, err, folder } = await faultline([...ELISION, '--variant', 'all', ...SHORT])
  assert.equal(code, 0, out + err)
  assert.doesNotMatch(out, /FORBIDDEN|WARNING: possible/)
  const { runs } = resultIn(join(folder, 'x.json'))
  const figures = runs.map(({ variant, metrics }) => [variant, metrics.mmu_lock_per_invalidation!.median])
  assert.deepEqual(figures, [
    ['always-lock', 2],
    ['count', 2],
    ['count-elide', 0],
  ])
  for (const { counters, histograms } of runs) {
    assert.ok(counters.memslot_updates! > 0 && counters.invalidate_start! > 0)
    assert.ok(histograms.memslot_update_wait_ns!.count > 0)
  }
})

test('they do so too with a real lock in place of the pseudo lock, with nested pairs and with those that may not block', async () => {
  const load = ['pseudo=mutex', 'nested=yes', 'inside-share=20', 'spare-share=40', 'nonblock-share=20', 'mmu=shadow']
  const flags = ['--variant', 'all', '--notifiers', '2', ...SHORT, ...load.flatMap((value) => ['--set', value])]
  const { code, out, err } = await faultline([...ELISION, ...flags])
  assert.equal(code, 0, out + err)
})

test('the rwsem deadlocks: the run ends with 3, and says who holds what and who waits for what', async () => {
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

const CAUGHT = {
  'fair-gate': [/FORBIDDEN lock_cycle[\s\S]*possible circular locking dependency/, 1],
  'B-UNBAL': [/FORBIDDEN (count_negative|slots_changed_inside_pair)/, 1],
  'B-RWSEM': [/FORBIDDEN lock_cycle[\s\S]*trying to acquire lock:\n\(mmu_notifier_invalidate_range_start\)/, 1],
  'B-WAKE': [/FORBIDDEN lost_wakeup/, 1],
  'B-LATEINC': [/FORBIDDEN (slots_changed_inside_pair|count_negative)/, 1],
  'B-EARLYDEC': [/FORBIDDEN (slots_changed_inside_pair|count_negative)/, 1],
  'B-ARCHLOCK': [/deadlock: vcpu 0 holds srcu and waits for slotsArchLock/, 3],
  'B-SRCU': [/FORBIDDEN retry_unbounded/, 1],
} as const

/** Chance decides when; a few runs of a second are enough for it. */
for (const [variant, [says, exit]] of Object.entries(CAUGHT)) {
  test(`${variant} is caught by a run of a second`, async () => {
    let last = { code: null as number | null, out: '' }
    for (let seed = 1; seed <= 5 && !says.test(last.out); seed += 1) {
      const flags = ['--variant', variant, '--trials', '2', '--duration', '300ms', '--seed', String(seed)]
      last = await faultline([...ELISION, ...flags])
    }
    assert.match(last.out, says)
    assert.equal(last.code, exit)
  })
}

test('an update that endless pairs keep waiting is reported as starved', async () => {
  const flags = ['--notifiers', '3', '--set', 'shape=overlap', '--trials', '1', '--duration', '400ms']
  for (let seed = 1; seed <= 5; seed += 1) {
    const { code, out } = await faultline([...ELISION, ...flags, '--variant', 'count-elide', '--seed', String(seed)])
    assert.equal(code, 0, out)
    if (/INTERESTING updater_starved/.test(out)) return
  }
  assert.fail('no update starved in five runs')
})

for (const name of ['memslot', 'unrelated']) {
  test(`the recording ${name} drives it, with the memslot updates that it shows`, async () => {
    const recording = ['--trace', tracePath(`${name}.trace.gz`), '--memslots', tracePath(`${name}.json`)]
    const { code, out, err, folder } = await faultline([...ELISION, ...recording, '--trials', '1'])
    assert.equal(code, 0, out + err)
    for (const { variant, counters, metrics } of resultIn(join(folder, 'x.json')).runs) {
      // Two trials, and in each one addition before the first deletion.
      assert.equal(counters.memslot_updates ?? 0, name === 'memslot' ? 2 * (432 + 1) : 0)
      const perInvalidation = metrics.mmu_lock_per_invalidation!.median
      assert.equal(perInvalidation === 2, variant === 'count', `${variant} ${perInvalidation}`)
    }
  })
}
