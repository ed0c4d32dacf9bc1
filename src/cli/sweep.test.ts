import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { validate } from '../bench/schema.ts'
import { faultline } from './faultline.contract.ts'
import { pointsOf } from './sweep.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-sweep-'))
const MODELLED = ['bench', '-s', 'precheck', '-m', 'altra-64', '--duration', '0.2ms', '--quiet', '--no-progress']
const GRID = ['--sweep', 'vcpus=1..3', '--sweep', 'pause-us=10,100']
const path = (name: string) => join(folder, name)

test('a sweep is every combination of its lists, the last one varying fastest', () => {
  assert.deepEqual(pointsOf(['vcpus=1..2', 'range=8,16']), [
    [
      ['vcpus', '1'],
      ['range', '8'],
    ],
    [
      ['vcpus', '1'],
      ['range', '16'],
    ],
    [
      ['vcpus', '2'],
      ['range', '8'],
    ],
    [
      ['vcpus', '2'],
      ['range', '16'],
    ],
  ])
  assert.deepEqual(pointsOf(undefined), [[]])
})

test('a sweep over seeds is refused, as a seed is no load, with the flag that takes several', () => {
  assert.throws(() => pointsOf(['seed=1..3']), /varies no load/)
})

test('each point of a sweep is a load of its own, with its own costs', async () => {
  const out = path('costs.json')
  await faultline(...MODELLED, '--vcpus', '2', '--sweep', 'cost.zap_spte=20,200', '--out', out)
  const { runs } = validate(JSON.parse(readFileSync(out, 'utf8')))
  assert.deepEqual(
    runs.map(({ params }) => params['cost.zap_spte']),
    [20, 20, 200, 200],
  )
  assert.notEqual(runs[0]!.metrics.unmaps_per_second!.median, runs[2]!.metrics.unmaps_per_second!.median)
})

test('a sweep over kernels runs each with the variants that fit it, and names those that do not', async () => {
  const out = path('kernels.json')
  const plan = [...MODELLED, '--vcpus', '2', '--sweep', 'kernel=v6.5,v6.8', '--sweep', 'pause-us=10,20', '--out', out]
  const { err } = await faultline(...plan)
  const { runs } = validate(JSON.parse(readFileSync(out, 'utf8')))
  assert.deepEqual(
    runs.map(({ variant, params }) => [variant, params.kernel, params['pause-us']]),
    [
      ['v6.5', 'v6.5', 10],
      ['v6.5', 'v6.5', 20],
      ['v6.8', 'v6.8', 10],
      ['v6.8', 'v6.8', 20],
    ],
  )
  assert.equal(err.match(/left out: precheck is the unchanged v6\.8/g)?.length, 1)
  const besides = await faultline(...MODELLED, '--kernel', 'v6.5', '--sweep', 'kernel=v6.5,v6.8')
  assert.match(besides.err, /kernel is both swept and given/)
})

test('the parts of a plan, merged in any order, are byte for byte the whole', async () => {
  await faultline(...MODELLED, ...GRID, '--out', path('whole.json'))
  for (const index of [1, 2, 3]) {
    await faultline(...MODELLED, ...GRID, '--shard', `${index}/3`, '--out', path(`part-${index}.json`))
  }
  const parts = [3, 1, 2].map((index) => path(`part-${index}.json`))
  const { code, err } = await faultline('merge', ...parts, '-o', path('merged.json'))
  assert.equal(code, 0, err)
  assert.deepEqual(readFileSync(path('merged.json')), readFileSync(path('whole.json')))

  const missing = await faultline('merge', parts[0]!, parts[1]!, '-o', path('x.json'))
  assert.equal(missing.code, 2)
  assert.match(missing.err, /part 2 of 3 is missing\nRun `bench --shard 2\/3`/)
  const twice = await faultline('merge', ...parts, parts[2]!, '-o', path('x.json'))
  assert.match(twice.err, /part 2 of 3 is there twice/)
  const stranger = await faultline('merge', path('whole.json'), '-o', path('x.json'))
  assert.match(stranger.err, /whole\.json is no part of a plan/)
})

test('a plan of many loads, of which parts are held only, prints and writes the whole of them', async () => {
  const plan = MODELLED.filter((word) => word !== '--quiet').map((word) => (word === '0.2ms' ? '0.01ms' : word))
  const loads = ['--vcpus', '1', '--warmup', '0.01ms', '--sweep', 'pause-us=1..100']
  const { out } = await faultline(...plan, ...loads, '--json', '--out', path('many.json'))
  assert.equal(out, readFileSync(path('many.json'), 'utf8'))
  const { runs } = validate(JSON.parse(out))
  assert.equal(runs.length, 200)
  assert.ok(runs.every(({ order, counters }) => order.length === 1 && Object.keys(counters).length > 0))
})

test('a sweep that cannot be is refused with a sentence', async () => {
  for (const [sweep, says] of [
    ['vcpus', /--sweep is 'vcpus', which is not NAME=LIST/],
    ['vcpus=3..1', /whose end is below its start/],
    ['nosuch=1,2', /nosuch/],
    ['range=1..2000000', /more than 10000/],
  ] as const) {
    const { code, err } = await faultline(...MODELLED, '--sweep', sweep)
    assert.equal(code, 2, sweep)
    assert.match(err, says)
  }
  const both = await faultline(...MODELLED, '--vcpus', '2', '--sweep', 'vcpus=1,2')
  assert.match(both.err, /vcpus is both swept and given/)
  for (const shard of ['0/3', '4/3', 'x']) assert.equal((await faultline(...MODELLED, '--shard', shard)).code, 2)
})
