import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { validate } from '../bench/schema.ts'
import { faultline } from './faultline.contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-refine-'))
const path = (name: string) => join(folder, name)
const read = (name: string) => validate(JSON.parse(readFileSync(path(name), 'utf8')))

const QUIET = ['--quiet', '--no-progress']
const SWEEP = ['bench', '-s', 'precheck', '-m', 'altra-64', '--duration', '0.2ms', ...QUIET]
const GRID = ['--sweep', 'vcpus=1,4', '--sweep', 'pause-us=10,100']
const REFINE = ['--refine', '5']

async function run(...words: string[]): Promise<string> {
  const { code, err } = await faultline(...words)
  assert.equal(code, 0, `${words.join(' ')}\n${err}`)
  return err
}

test('a refined sweep gives the same file by one command, after its sweep, by parts, and from a part that was cut short', async () => {
  await run(...SWEEP, ...GRID, ...REFINE, '--out', path('refined.json'))
  const bytes = readFileSync(path('refined.json'))
  const loads = read('refined.json').runs.map(({ params }) => `${params.vcpus}/${params['pause-us']}`)
  assert.deepEqual([...new Set(loads)].slice(0, 4), ['1/10', '1/100', '4/10', '4/100'])
  const more = new Set(loads).size - 4
  assert.ok(more > 0 && more <= 5, `${more} points`)

  await run(...SWEEP, ...GRID, '--out', path('sweep.json'))
  await run('bench', '--resume', path('sweep.json'), ...REFINE, '--out', path('after.json'), '--quiet')
  assert.deepEqual(readFileSync(path('after.json')), bytes)

  for (const part of ['1/2', '2/2']) {
    const out = path(`part-${part[0]}.json`)
    await run('bench', '--resume', path('sweep.json'), ...REFINE, '--shard', part, '--out', out, '--quiet')
  }
  const { digest: _, ...first } = read('part-1.json')
  const cut = { ...first, shard: { ...first.shard!, refined: null }, runs: first.runs.slice(0, -2) }
  writeFileSync(path('cut.json'), JSON.stringify(cut))
  const refused = await faultline('merge', path('cut.json'), path('part-2.json'), '-o', path('merged.json'))
  assert.equal(refused.code, 2)
  assert.match(refused.err, /cut\.json was not run to its end.*\nContinue with `bench --resume .*cut\.json`/)
  await run('bench', '--resume', path('cut.json'), '--quiet')
  assert.deepEqual(readFileSync(path('cut.json')), readFileSync(path('part-1.json')))
  await run('merge', path('cut.json'), path('part-2.json'), '-o', path('merged.json'))
  assert.deepEqual(readFileSync(path('merged.json')), bytes)

  const { code, out } = await faultline('verify', path('merged.json'), '--rerun', 'none')
  assert.equal(code, 0, out)
})

test('a part of a modelled plan that was cut short is resumed as the same part', async () => {
  await run(...SWEEP, ...GRID, '--shard', '2/2', '--out', path('half.json'))
  const { digest: _, ...half } = read('half.json')
  writeFileSync(path('quarter.json'), JSON.stringify({ ...half, runs: half.runs.slice(0, 2) }))
  await run('bench', '--resume', path('quarter.json'), '--quiet')
  assert.deepEqual(readFileSync(path('quarter.json')), readFileSync(path('half.json')))
})

test('a plan that cannot be refined is refused with a sentence', async () => {
  for (const [words, says] of [
    [[...SWEEP, ...REFINE], /nothing is swept/],
    [[...SWEEP, ...GRID, '--variant', 'precheck', ...REFINE], /precheck runs alone/],
    [[...SWEEP, ...GRID, '--refine', '0'], /--refine/],
    [
      ['bench', '--resume', path('sweep.json'), ...REFINE, '--shard', '1/2'],
      /a part of it would replace it\nAdd --out/,
    ],
    [['bench', '--resume', path('refined.json'), ...REFINE], /it is refined already, by 5/],
    [['bench', '--resume', path('half.json'), ...REFINE], /Merge the parts first/],
  ] as const) {
    const { code, err } = await faultline(...words)
    assert.equal(code, 2, err)
    assert.match(err, says)
  }
})
