import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertSound, faultline, resultIn, uncaught } from './running.contract.ts'

const BRIEF = ['--trials', '1', '--warmup', '30ms', '--duration', '80ms', '--out', 'x.json']

test('a run of icache says how its sizes are scaled, and what its interconnect is', async () => {
  const { code, out, err, folder } = await faultline(['bench', '-s', 'icache', ...BRIEF])
  assertSound({ code, out, err })
  assert.match(out, /2 vCPUs, 0 notifiers, granule 64k, mapping block, scale 64/)
  const { runs } = resultIn(join(folder, 'x.json'))
  assert.deepEqual(
    runs.map(({ variant }) => variant),
    ['ranged', 'threshold'],
  )
  for (const { params, warnings, metrics } of runs) {
    assert.equal(params.scale, 64)
    assert.ok(warnings.some((warning) => /sizes are scaled.*\(64\)$/.test(warning)))
    assert.ok(warnings.some((warning) => /one atomic operation on a line/.test(warning)))
    for (const name of ['guest_boots_per_second', 'icache_inval_p50_ns', 'mmu_lock_hold_max_ns']) {
      assert.ok(metrics[name]!.median > 0, name)
    }
  }
  const [ranged, threshold] = runs
  assert.ok(ranged!.counters.icache_inval_range_ops! > 0)
  assert.equal(threshold!.counters.icache_inval_range_ops, undefined)
})

test('another VM, and a guest that invalidates by itself, are measured too', async () => {
  const flags = ['--vms', '2', '--vcpus', '1', '--notifiers', '1', '--guest-icache', '1000', '--set', 'scale=4096']
  const { code, err, folder, out } = await faultline(['bench', '-s', 'icache', ...BRIEF, ...flags])
  assertSound({ code, out, err })
  for (const { params, metrics, counters } of resultIn(join(folder, 'x.json')).runs) {
    assert.deepEqual([params.vms, params['guest-icache']], [2, 1000])
    for (const name of ['neighbour_boots_per_second', 'neighbour_fault_latency_p50_ns', 'guest_icache_p50_ns']) {
      assert.ok(metrics[name]!.median > 0, name)
    }
    assert.ok(counters.guest_icache_lines! > 0)
  }
})

test('every broken variant is caught on threads', async () => {
  assert.deepEqual(await uncaught('icache'), [])
})

test('the objection to a good variant is counted, and does not fail its run', async () => {
  const flags = [...BRIEF, '--set', 'scale=4096']
  const { code, out } = await faultline(['bench', '-s', 'icache', '--variant', 'interval-tree', ...flags])
  assert.match(out, /interval-tree: INTERESTING sleep_in_atomic/)
  assert.equal(code, 0)
})

const refusals: readonly (readonly [flags: readonly string[], sentence: RegExp])[] = [
  [['-s', 'precheck', '--vms', '2'], /precheck has one VM/],
  [['-s', 'precheck', '--guest-icache', '10'], /precheck has no guest that invalidates the I-cache/],
  [['-s', 'icache', '--trace', 'x'], /icache has no vCPUs that could play a recording/],
  [['-s', 'icache', '--arrival', 'open', '--rate', '9'], /icache has no accesses that arrive at a rate/],
  [['-s', 'icache', '--vms', '0'], /vms is '0', which is not a whole number from 1 to 64/],
  [['-s', 'icache', '--vms', '64', '--vcpus', '9'], /576 workers are more than 256 threads/],
]

for (const [flags, sentence] of refusals) {
  test(`bench ${flags.join(' ')} is refused with a sentence`, async () => {
    const { code, err } = await faultline(['bench', ...flags])
    assert.match(err, sentence)
    assert.equal(code, 2)
  })
}
