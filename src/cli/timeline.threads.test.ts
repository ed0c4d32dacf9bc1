import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TraceEvent } from '../report/chrome-trace/trace-event.ts'
import { faultline, resultIn } from './running.contract.ts'

const PLAN = ['bench', '-s', 'precheck', '--variant', 'no-precheck', '--out', 'x.json']

async function traced(flags: readonly string[]): Promise<{ readonly folder: string; readonly events: TraceEvent[] }> {
  const { code, err, folder } = await faultline([...PLAN, ...flags])
  assert.equal(code, 0, err)
  const exported = await faultline([
    'export',
    join(folder, 'x.json'),
    '--format',
    'chrome-trace',
    '--out',
    join(folder, 'y.json'),
  ])
  assert.equal(exported.code, 0, exported.err)
  return { folder, events: JSON.parse(readFileSync(join(folder, 'y.json'), 'utf8')).traceEvents }
}

const named = (events: readonly TraceEvent[], ph: TraceEvent['ph'], name: RegExp) =>
  events.filter((event) => event.ph === ph && name.test(event.name))

test('a timeline of the model has a track for each CPU, and an arrow from the notifier to each retry', async () => {
  const { events, folder } = await traced(['-m', 'altra-64', '--vcpus', '2', '--timeline', '5000'])
  assert.deepEqual(
    named(events, 'M', /thread_name/).map(({ args }) => args!.name),
    ['vcpu 0', 'vcpu 1', 'notifier 0'],
  )
  const retries = named(events, 'i', /^retry_stale_locked$/)
  const arrows = named(events, 's', /^retry_stale_locked$/)
  assert.ok(retries.length > 10)
  assert.ok(arrows.length > retries.length / 2, 'the first may have their cause before the timeline')
  assert.ok(
    arrows.every(({ tid }) => tid === 2),
    'the notifier is what they come from',
  )
  for (const shown of [
    /^hold mmuLock for read$/,
    /^hold mmuLock for write$/,
    /^wait for mmuLock for read$/,
    /^fault$/,
  ]) {
    assert.ok(named(events, 'X', shown).length > 0, String(shown))
  }
  const values = named(events, 'C', /^mmu_invalidate_in_progress$/).map(({ args }) => args!.value)
  assert.deepEqual(new Set(values), new Set([0, 1]))
  const [run] = resultIn(join(folder, 'x.json')).runs
  const plain = await faultline([...PLAN, '-m', 'altra-64', '--vcpus', '2'])
  const [without] = resultIn(join(plain.folder, 'x.json')).runs
  assert.deepEqual(run!.metrics, without!.metrics, 'a picture changes no figure')
})

test('a timeline of threads begins with an invalidation, and is of a trial of its own', async () => {
  const { events, folder } = await traced([
    ...['--trials', '1', '--duration', '400ms', '--warmup', '100ms', '--timeline', '4000'],
    ...['--set', 'range=512', '--set', 'pause-us=100'],
  ])
  assert.ok(named(events, 'X', /^hold mmuLock for write$/).length > 0)
  assert.ok(named(events, 'C', /^mmu_invalidate_/).length > 0)
  const [run] = resultIn(join(folder, 'x.json')).runs
  assert.deepEqual(run!.trials.map(({ mode }) => mode).sort(), ['latency', 'throughput'])
  assert.ok(run!.timeline!.cpus.every(({ events: kept }) => kept.length <= 4000))
})

test('a result without a timeline says how to get one', async () => {
  const { folder } = await faultline([...PLAN, '-m', 'altra-64', '--vcpus', '2'])
  const { code, err } = await faultline(['export', join(folder, 'x.json'), '--format', 'chrome-trace'])
  assert.equal(code, 2)
  assert.match(err, /has no data for chrome-trace[\s\S]*--timeline/)
})
