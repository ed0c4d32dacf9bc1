import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultline, resultIn } from './running.contract.ts'

const NX = ['bench', '-s', 'nx-recovery', '--out', 'x.json']

test('every good variant takes pages back, and keeps every property', async () => {
  const load = ['--set', 'memory-mib=128', '--set', 'nested-share=25']
  const brief = ['--trials', '1', '--duration', '150ms', '--warmup', '50ms']
  const { code, out, err, folder } = await faultline([...NX, '--variant', 'all', ...load, ...brief])
  assert.equal(code, 0, out + err)
  for (const { variant, counters } of resultIn(join(folder, 'x.json')).runs) {
    assert.ok((counters.nx_zapped_tdp ?? 0) + (counters.nx_zapped_shadow ?? 0) > 0, variant)
    assert.ok(counters.nx_lpage_splits! > 0, variant)
  }
})

const CAUGHT = {
  'B-DROP': /flush_lost|unlock_with_pending_flush/,
  'B-RCU': /free_before_flush|stale_walk/,
  'B-ROOTS': /unlock_with_pending_flush/,
  'B-ASSIGN': /flush_lost|unlock_with_pending_flush|free_before_flush/,
  'B-ITER': /skipped_leaf/,
  'B-ROOTWALK': /root_use_after_free/,
  'B-NOTRACKCHK': /nx_list_corrupt/,
}

test('every broken variant that does not hang is caught on threads', async () => {
  let left = Object.entries(CAUGHT)
  // Chance decides when: whoever is left is given longer.
  for (let seed = 1; seed <= 8 && left.length > 0; seed += 1) {
    const names = left.map(([variant]) => variant).join(',')
    const { code, out } = await faultline([
      ...NX,
      '--variant',
      names,
      '--trials',
      '1',
      '--quiet',
      '--seed',
      String(seed),
    ])
    assert.ok(code === 0 || code === 1, out)
    left = left.filter(([variant, says]) => {
      const line = out.split('\n').find((answer) => answer.startsWith(variant)) ?? ''
      return !(line.includes('was caught by') && says.test(line))
    })
  }
  assert.deepEqual(left, [])
})

test('B-SIDE is caught by the oracle, and then hangs: the run says on what', async () => {
  const { code, out } = await faultline([...NX, '--variant', 'B-SIDE', '--trials', '1', '--quiet'])
  assert.equal(code, 3, out)
  assert.match(out, /B-SIDE .* was caught by lock_wrong_side/)
  assert.match(out, /The run failed: .* has made no progress for .* s: it waits for mmuLock\./)
})
