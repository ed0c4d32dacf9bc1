import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { SCENARIOS } from '../dist/bench/scenarios/all.js'
import { VERSIONS } from '../dist/protocols/kernels.js'
import { cellOf, differs, figuresOn, MACHINES, pageWith, wayOf, waysOf } from './kernels-figures.js'

const page = readFileSync('docs/kernels.md', 'utf8')

/** A cell of the table of a machine. */
function cellOnPage(machine, scenario, figure, version) {
  const [, table] = page.split(`### ${machine}\n`)
  const rows = table
    .split('\n### ')[0]
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const at = rows.find((row) => row[1] === 'scenario').indexOf(version)
  return rows.find((row) => row[1] === scenario && row[2] === figure)[at]
}

const CELLS = [
  ['altra-64', 'icache', 'v6.5', 'mmu_lock_hold_max_ns', 'longest hold'],
  ['altra-64', 'icache', 'v6.8', 'mmu_lock_hold_max_ns', 'longest hold'],
  ['epyc-milan-2s', 'elision', 'v5.15', 'faults_per_second', 'faults/s'],
]

for (const [machine, scenario, version, metric, figure] of CELLS) {
  test(`the page says of ${scenario} on ${machine} what ${version} does: ${figure}`, async () => {
    const figures = await figuresOn(
      machine,
      SCENARIOS.find(({ name }) => name === scenario),
      version,
    )
    assert.equal(
      cellOf(figures, metric),
      cellOnPage(machine, scenario, figure, version),
      'Run npm run kernels:figures.',
    )
  })
}

test('a figure differs only if no seed of one version comes near the other', () => {
  assert.ok(differs([1, 1.1, 1.2], [2, 2.1, 2.2]))
  assert.ok(differs([2, 2.1, 2.2], [1, 1.1, 1.2]))
  assert.ok(!differs([1, 1.1, 2.05], [2, 2.1, 2.2]))
  assert.ok(!differs([1, 1, 1], [1.05, 1.05, 1.05]))
  assert.ok(!differs([], [1]))
})

test('how much of a difference a function makes is told by factors, and by distances where one end is zero', () => {
  assert.equal(wayOf(10, 1, 100), 0.5)
  assert.equal(wayOf(50, 0, 100), 0.5)
  assert.equal(wayOf(1, 1, 100), 0)
})

test('a function that changes nothing has no share of a difference, even if the first seed is not the median', () => {
  const [before, after] = [
    [10, 20, 30],
    [160, 320, 640],
  ]
  assert.deepEqual(waysOf(before, after, { alone: [10], without: [160] }), { alone: 0, without: 0 })
  assert.deepEqual(waysOf(before, after, { alone: [160], without: [40] }), { alone: 1, without: 0.5 })
  assert.deepEqual(waysOf(before, after, { alone: undefined, without: [10] }), { alone: Number.NaN, without: 1 })
})

/** What the page has of each machine, as if it had been played. */
const asPlayed = (causes = []) =>
  MACHINES.map((machine) => {
    const from = page.indexOf(`### ${machine}\n`)
    return { table: `${page.slice(from, page.indexOf('\n### ', from)).trimEnd()}\n`, causes }
  })

const causesOn = (text, version) =>
  text
    .split('### Which function')[1]
    .split('\n')
    .filter((line) => line.startsWith(`| ${version} |`))

test('the page stays as it is where the same was played and no cause was tried', () => {
  assert.equal(pageWith(page, asPlayed(), { versions: [], scenarios: [] }), page)
})

const ALL = SCENARIOS.map(({ name }) => name)

test('causes of a version that was tried take the place of its old ones, and those of others stay', () => {
  const found = '| v5.12 | mixed | altra-64 | faults/s | 1 -> 2 | `mmuLock` | 100 % | 100 % |'
  const [first, ...others] = asPlayed()
  const written = pageWith(page, [{ ...first, causes: [found] }, ...others], {
    versions: ['v5.12'],
    scenarios: ALL,
  })
  assert.deepEqual(causesOn(written, 'v5.12'), [found])
  assert.ok(causesOn(page, 'v6.5').length > 0)
  assert.deepEqual(causesOn(written, 'v6.5'), causesOn(page, 'v6.5'))
})

test('causes of a scenario that was not tried stay, whatever version was', () => {
  const found = '| v5.12 | mixed | altra-64 | faults/s | 1 -> 2 | `mmuLock` | 100 % | 100 % |'
  const [first, ...others] = asPlayed()
  const written = pageWith(page, [{ ...first, causes: [found] }, ...others], {
    versions: VERSIONS.map(({ name }) => name),
    scenarios: ['mixed'],
  })
  const ofOthers = (text) => causesOn(text, 'v5.12').filter((line) => !line.startsWith('| v5.12 | mixed |'))
  assert.deepEqual(causesOn(written, 'v5.12'), [found, ...ofOthers(page)])
})
