import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProfile } from '../model/profile.ts'
import { scaled } from '../model/scaling.ts'
import { TARGETS } from './targets/rows.ts'
import { figureOf } from './validation.ts'

const SCALES = [0.1, 0.25, 0.5, 1, 2]
/** A saturated line is served in an order that follows from all that went before: a plateau moves by so much. */
const PLATEAU = 0.05

/** By how much the worst step to more work makes a row faster, relative. */
async function worstStep(target: (typeof TARGETS)[number]): Promise<number> {
  const machine = loadProfile(target.machine)
  const times: number[] = []
  for (const scale of SCALES) {
    const figure = await figureOf(target, scaled(machine, [{ cost: 'work', scale }]))
    times.push(target.unit === 's' ? figure : 1 / figure)
  }
  return Math.max(...times.slice(1).map((time, at) => times[at]! / time - 1))
}

/** The most crowded row of each shape, and the emptiest. */
const played = ['T7', 'T8', 'T10', 'T22'].flatMap((row) => {
  const all = TARGETS.filter(({ id }) => id === row).sort((a, b) => a.run.vcpus - b.run.vcpus)
  return [all[0]!, all.at(-1)!]
})

test('more work makes no row faster', async () => {
  for (const target of played) {
    const worst = await worstStep(target)
    assert.ok(worst <= PLATEAU, `${target.id} ${target.says}: ${worst}`)
  }
})
