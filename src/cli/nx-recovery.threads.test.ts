import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertSound, faultline, resultIn, uncaught } from './running.contract.ts'

const NX = ['bench', '-s', 'nx-recovery', '--out', 'x.json']

test('every good variant recovers pages, and keeps every property', async () => {
  const load = ['--set', 'memory-mib=128', '--set', 'nested-share=25']
  const brief = ['--trials', '1', '--duration', '150ms', '--warmup', '50ms']
  const { code, out, err, folder } = await faultline([...NX, '--variant', 'all', ...load, ...brief])
  assertSound({ code, out, err })
  for (const { variant, counters } of resultIn(join(folder, 'x.json')).runs) {
    assert.ok((counters.nx_zapped_tdp ?? 0) + (counters.nx_zapped_shadow ?? 0) > 0, variant)
    assert.ok(counters.nx_lpage_splits! > 0, variant)
  }
})

test('every broken variant that does not hang is caught on threads', async () => {
  assert.deepEqual(await uncaught('nx-recovery', ['B-SIDE', 'B-P5']), [])
})
