import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Run } from '../bench/result.ts'
import { validate } from '../bench/schema.ts'
import { assertSound, faultline, resultIn, SHORT, uncaught, untilWorked } from './running.contract.ts'

test('a run of the pre-check writes a result that its schema accepts, and answers its question', async () => {
  const hasWorked = ({ metrics, histograms, counters, locks }: Run) =>
    metrics.faults_per_second!.median > 0 &&
    histograms.fault_latency_ns!.count > 0 &&
    counters.unmap_gfn_range_calls! > 0 &&
    locks.some(({ name, side }) => name === 'mmuLock' && side === 'write')
  const { out, runs } = await untilWorked(
    ['bench', '-s', 'precheck', '--trials', '2', '--set', 'range=2048'],
    hasWorked,
  )
  assert.match(out, /^precheck: Does checking for an invalidation before taking mmu_lock/)
  assert.match(out, /faults\/s/)
  assert.match(out, /(Yes|No|Not resolved)/)
  assert.deepEqual(
    runs.map(({ variant, machine, kind }) => [variant, machine, kind]),
    [
      ['no-precheck', 'threads', 'measured'],
      ['precheck', 'threads', 'measured'],
    ],
  )
  for (const run of runs) {
    assert.ok(hasWorked(run))
    assert.equal(run.params.range, 2048)
  }
})

test('trials of the variants are interleaved, and the baseline ran against itself first', async () => {
  const flags = ['--trials', '3', '--duration', '60ms', '--warmup', '50ms', '--out', 'x.json', '--quiet']
  const { folder } = await faultline(['bench', '-s', 'precheck', ...flags])
  const [baseline, candidate] = resultIn(join(folder, 'x.json')).runs
  const places = [...baseline!.order, ...candidate!.order].sort((a, b) => a - b)
  assert.ok(places[0]! >= 6, 'the A/A trials came before')
  assert.ok(Math.max(...baseline!.order) > Math.min(...candidate!.order))
  assert.ok(Math.max(...candidate!.order) > Math.min(...baseline!.order))
  // A round in which a worker had no core does not count.
  assert.ok(baseline!.noise!.faults_per_second!.n >= 2)
})

test('a trial for throughput has no latencies, and one for latencies no throughput', async () => {
  const { folder } = await faultline([
    'bench',
    '-s',
    'precheck',
    '--variant',
    'precheck',
    ...SHORT,
    '--out',
    'x.json',
    '--quiet',
  ])
  for (const { mode, metrics } of resultIn(join(folder, 'x.json')).runs[0]!.trials) {
    assert.equal(metrics.faults_per_second === undefined, mode === 'latency')
    assert.equal(metrics.fault_latency_p50_ns === undefined, mode === 'throughput')
  }
})

/** Calls `then` when the file is there. */
function once(file: string, then: () => void): void {
  const timer = setInterval(() => {
    if (!existsSync(file)) return
    clearInterval(timer)
    then()
  }, 20)
}

const BRIEF = ['--trials', '1', '--duration', '100ms', '--warmup', '30ms']

test('every good variant keeps every property, with both MMUs', async () => {
  for (const mmu of ['tdp', 'shadow']) {
    const args = ['bench', '-s', 'precheck', '--variant', 'all', ...BRIEF, '--set', `mmu=${mmu}`, '--set', 'range=1024']
    const { code, out, err } = await faultline(args)
    assertSound({ code, out, err })
    assert.doesNotMatch(out, /FORBIDDEN/)
  }
})

test('every broken variant that threads can show is caught by a run of seconds', async () => {
  assert.deepEqual(await uncaught('precheck'), [])
})

test('B-ORDER runs, and says why threads cannot show it', async () => {
  const { code, out } = await faultline(['bench', '-s', 'precheck', '--variant', 'B-ORDER', ...SHORT])
  assert.equal(code, 0)
  assert.match(out, /was not caught: both words change under mmu_lock/)
})

test('an interrupted plan keeps what it has finished and exits with 130', async () => {
  const plan = ['--vcpus', '1,1', '--trials', '200', '--duration', '20ms', '--warmup', '20ms']
  const args = ['bench', '-s', 'precheck', ...plan, '--out', 'x.json']
  const { code, folder } = await faultline(args, {
    during: (interrupt, within) => once(join(within, 'x.json'), interrupt),
  })
  assert.equal(code, 130)
  const [run] = resultIn(join(folder, 'x.json')).runs
  assert.ok(run!.trials.length > 0 && run!.trials.length < 200)
})

test('flags may come from a file, and the command line has precedence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
  const config = join(folder, 'config.json')
  writeFileSync(
    config,
    JSON.stringify({
      scenario: 'precheck',
      variant: 'precheck',
      trials: '1',
      duration: '60ms',
      warmup: '30ms',
      seed: '9',
    }),
  )
  const { code, out, err } = await faultline(['bench', '--config', config, '--seed', '8', '--json'])
  assert.equal(code, 0, err)
  const result = validate(JSON.parse(out))
  assert.equal(result.seed, 8)
  assert.equal(result.runs[0]!.variant, 'precheck')
})
