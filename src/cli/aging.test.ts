import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Result, Run } from '../bench/result.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-aging-'))
test.after(() => rmSync(FOLDER, { recursive: true }))
const FILE = join(FOLDER, 'x.json')
const MACHINE = ['-m', 'icx-2s', '--draws', '0', '--vcpus', '2', '--out', FILE, '--force']

async function modelled(...args: readonly string[]): Promise<Map<string, Run>> {
  const { code, out, err } = await faultline('bench', ...args, ...MACHINE)
  assert.ok(code === 0 || code === 4, out + err)
  const { runs } = JSON.parse(readFileSync(FILE, 'utf8')) as Result
  return new Map(runs.map((run) => [run.variant, run]))
}

const lockedByAgers = ({ locks }: Run) =>
  locks.filter(({ name }) => name === 'mmuLock').some(({ who }) => who.some(({ worker }) => /^ager/.test(worker)))

test('aging takes mmu_lock and flushes as its kernel does: both, the lock alone, and neither since v6.15', async () => {
  const load = ['--set', 'aging=reclaim', '--duration', '1ms', '--warmup', '100us']
  const runs = await modelled('-s', 'aging', '--variant', 'age-locked,age-elided,age-lockless', ...load)
  const seen = [...runs].map(([variant, run]) => {
    assert.ok(run.counters.aging_young! > 0 && run.metrics.agings_per_second!.median > 0, variant)
    return [variant, lockedByAgers(run), (run.counters.tlb_flush_remote_aging ?? 0) > 0]
  })
  assert.deepEqual(seen, [
    ['age-locked', true, true],
    ['age-elided', true, false],
    ['age-lockless', false, false],
  ])
})

test('a kernel ages as that kernel: v6.12 under mmu_lock, v7.1 without it', async () => {
  const load = ['--duration', '400us', '--warmup', '100us']
  for (const [kernel, isLocked] of [
    ['v5.11', true],
    ['v6.12', true],
    ['v7.1', false],
  ] as const) {
    const runs = await modelled('-s', 'aging', '--kernel', kernel, '--variant', kernel, ...load)
    const run = runs.get(kernel)!
    assert.ok(run.counters.sptes_aged! > 0, kernel)
    assert.equal(lockedByAgers(run), isLocked, kernel)
  }
})

test('mixed has agers if it is asked for them, by name in the table of locks, and none by default', async () => {
  const load = ['--variant', 'v5.15', '--duration', '400us', '--warmup', '100us']
  const without = (await modelled('-s', 'mixed', ...load)).get('v5.15')!
  assert.equal(without.counters.aging_calls, undefined)
  assert.ok(!lockedByAgers(without))
  const run = (await modelled('-s', 'mixed', '--set', 'agers=1', ...load)).get('v5.15')!
  assert.ok(run.counters.aging_calls! > 0)
  assert.ok(lockedByAgers(run))
})
