import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Result, Run } from '../bench/result.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-attributes-'))
test.after(() => rmSync(FOLDER, { recursive: true }))
const FILE = join(FOLDER, 'x.json')
const MACHINE = ['-m', 'icx-2s', '--draws', '0', '--vcpus', '1', '--out', FILE, '--force']

async function modelled(
  ...args: readonly string[]
): Promise<{ readonly out: string; readonly runs: Map<string, Run> }> {
  const { code, out, err } = await faultline('bench', ...args, ...MACHINE)
  assert.ok(code === 0 || code === 4, out + err)
  const { runs } = JSON.parse(readFileSync(FILE, 'utf8')) as Result
  return { out, runs: new Map(runs.map((run) => [run.variant, run])) }
}

const WHOLE_VM = ['-s', 'attributes', '--set', 'range=1024', '--duration', '600us', '--warmup', '100us']
const longest = (run: Run) => run.metrics.without_resched_max_ns?.median

test('a conversion of the whole VM keeps its CPU until it ends up to v6.15, and since then for one page at a time', async () => {
  const { out, runs } = await modelled(...WHOLE_VM)
  assert.match(out, /longest without resched/)
  const [atOnce, convert] = [runs.get('convert-at-once')!, runs.get('convert')!]
  assert.ok(atOnce.counters.attribute_changes! > 0 && atOnce.counters.gmem_pages_punched! > 0)
  assert.ok(longest(atOnce)! > 4 * longest(convert)!, `${longest(atOnce)} and ${longest(convert)} ns`)
})

test('a preemptible kernel has no such time, and a kernel before v6.8 has no conversions', async () => {
  const { runs } = await modelled(...WHOLE_VM, '--set', 'preempt=full', '--variant', 'convert')
  assert.ok(runs.get('convert')!.counters.attribute_changes! > 0)
  assert.equal(longest(runs.get('convert')!), undefined)
  const old = await faultline('bench', ...WHOLE_VM, ...MACHINE, '--kernel', 'v6.5')
  assert.equal(old.code, 2)
  assert.match(
    old.err,
    /^faultline: attributes is about memory attributes and guest_memfd, which Linux has since v6\.8/,
  )
})

test('mixed has a converter if it is asked for one, by name in the table of locks', async () => {
  const load = [
    '--set',
    'converters=1',
    '--set',
    'convert-pages=700',
    '--set',
    'convert-pause-us=20',
    '--variant',
    'everything',
    '--duration',
    '300us',
  ]
  const { runs } = await modelled('-s', 'mixed', ...load, '--warmup', '50us')
  const { counters, locks } = runs.get('everything')!
  assert.ok(counters.attributes_set! > 0)
  const mmuLock = locks.filter(({ name }) => name === 'mmuLock')
  assert.ok(mmuLock.some(({ who }) => who.some(({ worker }) => worker === 'converter 0')))
})
