import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProfile } from '../model/profile.ts'
import { scaled } from '../model/scaling.ts'
import { SCENARIOS } from './scenarios/all.ts'
import { TARGETS } from './targets/rows.ts'
import { figureOf } from './validation.ts'
import { loadOf } from './what-ifs/loads.ts'
import { directionOf, stepBetween } from './what-ifs/steps.ts'
import { costChange, findingsOf, pauseOf } from './what-ifs/survey.ts'

const SEEDS = [1, 2, 3, 4, 5, 6]

const ROWS: readonly (readonly [id: string, vcpus: number])[] = [
  ['T7', 128],
  ['T8', 48],
  ['T22', 142],
]

test('more work makes no published operation faster, by more than the noise of the seeds', async () => {
  for (const [id, vcpus] of ROWS) {
    const target = TARGETS.find((one) => one.id === id && one.run.vcpus === vcpus)!
    const times: number[][] = []
    for (const scale of [0.5, 1, 2]) {
      const machine = scaled(loadProfile(target.machine), [{ cost: 'work', scale }])
      const figures: number[] = []
      for (const seed of SEEDS) figures.push(await figureOf(target, machine, undefined, [seed]))
      times.push(figures.map((figure) => (target.unit === 's' ? figure : 1 / figure)))
    }
    for (const [index, after] of times.slice(1).entries()) {
      const step = stepBetween(times[index]!, after)
      assert.notEqual(directionOf(step), -1, `${id} ${vcpus}: ${JSON.stringify(step)}`)
    }
  }
})

// All costs, pauses and both variants with more seeds: `npm run what-ifs`.
for (const [index, scenario] of SCENARIOS.entries()) {
  if (scenario.kind !== 'vm' || scenario.modelled === undefined) continue
  test(`no deciding figure of ${scenario.name} rises with one step of a cost or pause and falls with the next`, async () => {
    const load = { ...loadOf(scenario, scenario.headline[0], 3), durationMs: scenario.modelled!.durationMs / 8 }
    let figures = 0
    const cost = costChange(index % 2 === 0 ? 'exit_entry' : 'faultin_pfn')
    for (const change of [cost, ...pauseOf(scenario).slice(0, 1)]) {
      const found = await findingsOf(load, change, SEEDS)
      figures += found.length
      assert.deepEqual(
        found.filter(({ turns }) => turns),
        [],
        change.name,
      )
    }
    // arm64 has no remote flush, and its I-cache question no exit on the way.
    assert.ok(figures > 0 || scenario.name === 'icache')
  })
}
