import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { scenarioOn } from '../bench/on-kernel.ts'
import type { Result } from '../bench/result.ts'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { lackedBy } from '../bench/since.ts'
import { V6_5, VERSIONS } from '../protocols/kernels.ts'
import { faultline } from './faultline.contract.ts'
import { leftOutOnKernel } from './kernels.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-kernels-'))
test.after(() => rmSync(FOLDER, { recursive: true }))

const out = join(FOLDER, 'x.json')
const modelled = [
  '-m',
  'altra-64',
  '--vcpus',
  '1',
  '--duration',
  '200us',
  '--warmup',
  '50us',
  '--draws',
  '0',
  '--out',
  out,
  '--force',
]
const runs = () => (JSON.parse(readFileSync(out, 'utf8')) as Result).runs

test('every question with a protocol can be run on every kernel, and the kernel itself is one of its variants', () => {
  for (const scenario of SCENARIOS.filter(({ kind }) => kind === 'vm')) {
    for (const version of VERSIONS.filter((one) => lackedBy(one, scenario.name) === undefined)) {
      const { scenario: asked, refused, names } = scenarioOn(scenario, version)
      assert.ok(names.length > 0, `${scenario.name} on ${version.name}`)
      assert.ok(names.every((name) => asked.variants.some((variant) => variant.name === name)))
      const all = new Set([...asked.variants.map(({ name }) => name), ...Object.keys(refused)])
      for (const { name } of scenario.variants) assert.ok(all.has(name), `${name} of ${scenario.name}`)
    }
  }
})

test('a plan on a kernel runs that kernel and what fits it, and the result says which it was', async () => {
  const { code, err } = await faultline(
    'bench',
    '-s',
    'precheck',
    '--kernel',
    'v7.1',
    '--variant',
    'v7.1,trylock',
    ...modelled,
  )
  assert.equal(code, 0, err)
  assert.deepEqual(
    runs().map(({ variant, params }) => [variant, params.kernel]),
    [
      ['v7.1', 'v7.1'],
      ['trylock', 'v7.1'],
    ],
  )
  const again = await faultline('verify', out)
  assert.equal(again.code, 0, again.out + again.err)
})

test('the kernel decides what runs: v6.5 has no pre-check in any scenario', async () => {
  const { code, err } = await faultline('bench', '-s', 'precheck', '--kernel', 'v6.5', ...modelled)
  assert.equal(code, 0, err)
  assert.match(err, /left out: precheck is the unchanged v6\.8/)
  assert.deepEqual(
    runs().map(({ variant, counters }) => [variant, counters.retry_precheck_before_pfn ?? 0]),
    [['v6.5', 0]],
  )
})

test('an unchanged kernel is a variant in any scenario, to compare a patch with', async () => {
  const { code, err } = await faultline('bench', '-s', 'precheck', '--variant', 'v6.5,no-precheck,v6.5', ...modelled)
  assert.equal(code, 0, err)
  const [kernel, variant, ...others] = runs()
  assert.deepEqual([kernel?.variant, variant?.variant, others.length], ['v6.5', 'no-precheck', 0])
  assert.deepEqual(kernel?.counters, variant?.counters, 'no-precheck is v6.5 as it is')
  const { code: held, out } = await faultline('check', 'precheck', '--variant', 'v6.5', '--configuration', 'one-vcpu')
  assert.match(out, /^PASS v6\.5 in one-vcpu/)
  assert.equal(held, 0)
})

test('a variant that does not fit the kernel is refused, with the function that conflicts', async () => {
  const stale = ['--variant', 'B-STALE', '--kernel', 'v6.5']
  for (const command of [
    ['bench', '-s', 'precheck'],
    ['check', 'precheck'],
  ]) {
    const { code, err } = await faultline(...command, ...stale)
    assert.equal(code, 2)
    assert.match(err, /B-STALE replaces isPageFaultStale of v6\.8, and v6\.5 has another one \(v6\.8: compares gfns\)/)
  }
  const none = await faultline('bench', '-s', 'precheck', '--kernel', 'v6.55')
  assert.equal(none.code, 2)
  assert.match(none.err, /there is no kernel 'v6\.55'\nDid you mean v6\.5\?/)
  const between = await faultline('bench', '-s', 'precheck', '--kernel', 'v6.9')
  assert.match(between.err, /There are the kernels v5\.11, .*\. The last one before v6\.9 is v6\.8\./)
  const primitive = await faultline('bench', '-s', 'primitives', '--kernel', V6_5.name)
  assert.equal(primitive.code, 2)
  assert.match(primitive.err, /primitives runs no protocol, so no kernel/)
})

test('a check on a kernel explores that kernel, and its schedule is played on that kernel only', async () => {
  const asked = ['check', 'precheck', '--variant', 'B-RANGE', '--configuration', 'one-vcpu', '--no-progress']
  const checked = await faultline(...asked, '--kernel', 'v6.5')
  assert.equal(checked.code, 0, checked.err)
  const [, schedule = ''] = /--kernel v6\.5 --configuration one-vcpu --replay (\S+)/.exec(checked.out) ?? []
  assert.equal((await faultline(...asked, '--kernel', 'v6.5', '--replay', schedule)).code, 1)
  const other = await faultline(...asked, '--replay', schedule)
  assert.equal(other.code, 2)
  assert.match(other.err, /the schedule is of definition/)
})

test('a known fault of a version must be found in it, and in variants on it that keep the function', async () => {
  const asked = ['check', 'icache', '--configuration', 'range-invalidated', '--no-progress']
  for (const way of [
    ['--variant', 'v6.8'],
    ['--kernel', 'v6.8', '--variant', 'recheck'],
  ]) {
    const { code, out } = await faultline(...asked, ...way)
    assert.equal(code, 0, out)
    assert.match(out, /^FAIL (v6\.8|recheck) in range-invalidated, as it must/)
    assert.match(out, /free_before_flush/)
  }
  const mended = await faultline(...asked, '--variant', 'v6.12')
  assert.match(mended.out, /^PASS v6\.12 in range-invalidated/)
})

test('logging begins under mmu_lock for write up to v5.12, and a yield gives up that side', async () => {
  const begun = await faultline(
    'check',
    'dirty-log',
    '--variant',
    'v5.12',
    '--configuration',
    'started',
    '--no-progress',
  )
  assert.match(begun.out, /^PASS v5\.12 in started/)
})

test('a scenario is refused on a version of Linux that lacks the feature', async () => {
  const says = /attributes is about memory attributes and guest_memfd, which Linux has since v6\.8, and v5\.15 is older/
  const ways = [
    ['check', 'attributes', '--variant', 'v5.15'],
    ['check', 'attributes', '--kernel', 'v5.15'],
    ['bench', '-s', 'attributes', '--kernel', 'v5.15'],
    ['bench', '-s', 'attributes', '--variant', 'convert,v5.15'],
  ]
  for (const way of ways) {
    const { code, err } = await faultline(...way)
    assert.equal(code, 2, way.join(' '))
    assert.match(err, says)
  }
})

test('what a kernel leaves out is one sentence: the reason of one variant, the names of several', () => {
  const { refused } = scenarioOn(SCENARIOS.find(({ name }) => name === 'precheck')!, V6_5)
  assert.equal(leftOutOnKernel({}, 'v6.5'), undefined)
  assert.equal(leftOutOnKernel({ 'B-STALE': refused['B-STALE']! }, 'v6.5'), `left out: ${refused['B-STALE']}`)
  const all = leftOutOnKernel(refused, 'v6.5')!
  assert.ok(Object.keys(refused).length > 1)
  for (const name of Object.keys(refused)) assert.ok(all.includes(name), name)
  assert.doesNotMatch(all, /\n/)
})
