import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertSound, faultline, resultIn, uncaught } from './running.contract.ts'

const BRIEF = ['--warmup', '30ms', '--duration', '100ms', '--out', 'x.json']

test('a reload of the APIC page flushes twice, the flush after the reload is redundant, and the table says so', async () => {
  const { code, out, err, folder } = await faultline(['bench', '-s', 'apic-page', '--trials', '2', '--all', ...BRIEF])
  assertSound({ code, out, err })
  assert.match(out, /^ {2}redundant /m)
  const { runs } = resultIn(join(folder, 'x.json'))
  const [before, after] = runs
  assert.deepEqual([before!.variant, after!.variant], ['double-flush', 're-request'])
  // It sometimes finds a translation: the notifier has requested a flush, and the vCPU has not processed the request yet.
  const flushes = before!.counters.tlb_flush_local_current!
  const needless = before!.counters.flush_redundant_local!
  assert.ok(needless <= flushes && needless > flushes * 0.95, `${needless} of ${flushes} flushes were redundant`)
  assert.equal(after!.counters.tlb_flush_local_current, undefined)
  for (const { counters, histograms } of runs) {
    assert.ok(counters.apic_migrations! > 0)
    assert.ok(counters.entry_cancelled_pending_request! > 0)
    assert.ok(histograms.apic_stall_ns!.count > 0)
  }
})

test('every good variant keeps every property, with x2APIC, two tasks that move the page, and a zapper', async () => {
  const crew = ['--vcpus', '2', '--notifiers', '2', '--zappers', '1', '--set', 'x2apic=1']
  const { code, out, err, folder } = await faultline([
    'bench',
    '-s',
    'apic-page',
    '--variant',
    'all',
    '--trials',
    '1',
    ...BRIEF,
    ...crew,
  ])
  assertSound({ code, out, err })
  const pinned = resultIn(join(folder, 'x.json')).runs.find(({ variant }) => variant === 'pinned')!
  assert.equal(pinned.counters.apic_migrations, undefined)
  assert.ok(pinned.counters.apic_migrations_refused! > 0)
})

test('every broken variant is caught on threads', async () => {
  assert.deepEqual(await uncaught('apic-page'), [])
})

test('a recording has no APIC page that moves: it is refused', async () => {
  const { code, err } = await faultline(['bench', '-s', 'apic-page', '--trace', 'x'])
  assert.match(err, /apic-page has no vCPUs that could play a recording/)
  assert.equal(code, 2)
})
