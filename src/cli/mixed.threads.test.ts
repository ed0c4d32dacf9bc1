import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertSound, faultline, resultIn } from './running.contract.ts'

const BRIEF = ['--trials', '1', '--warmup', '50ms', '--duration', '150ms', '--set', 'memory-mib=8', '--out', 'x.json']

test('every role works on one VM without harm, and a role that is left out does nothing', async () => {
  const { code, out, err, folder } = await faultline(['bench', '-s', 'mixed', ...BRIEF])
  assertSound({ code, out, err })
  const { runs } = resultIn(join(folder, 'x.json'))
  const countersOf = (name: string) => runs.find(({ variant }) => variant === name)!.counters
  const done = {
    'without-notifiers': 'invalidate_start',
    'without-nx-recovery': 'nx_rounds',
    'without-updates': 'memslot_updates',
    'without-apic-moves': 'apic_migrations',
  } as const
  for (const [variant, counter] of Object.entries(done)) {
    assert.ok(countersOf('everything')[counter]! > 0, counter)
    // The moves of the APIC-access page invalidate too.
    if (counter !== 'invalidate_start') assert.equal(countersOf(variant)[counter], undefined, variant)
  }
  const without = countersOf('without-notifiers')
  assert.equal(without.invalidate_start, without.apic_migrations)
  assert.equal(countersOf('v5.15').retry_precheck_before_pfn, undefined)
  assert.ok(runs.every(({ metrics }) => metrics.guest_accesses_per_second!.median > 0))
})
