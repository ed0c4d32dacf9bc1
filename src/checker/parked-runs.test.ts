import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exploreProgram } from './explore.ts'
import { LIMITS } from './limits.ts'
import { loadChecks } from './load-checks.ts'
import { ParkedRuns } from './parked-runs.ts'

const at = (node: number) => ({ node, run: {} as never, frames: [] })

test('the run that stands farthest along a path is taken up, once', () => {
  const runs = new ParkedRuns()
  for (const node of [2, 9, 5]) runs.park(at(node))
  assert.equal(runs.takeUp([0, 2, 5, 7])?.at, 2)
  assert.equal(runs.takeUp([0, 2, 5, 7])?.at, 1)
  assert.equal(runs.takeUp([0, 2, 5, 7]), undefined)
  assert.equal(runs.takeUp([9])?.node, 9)
})

test('of more than 16 runs the oldest is given up', () => {
  const runs = new ParkedRuns()
  for (let node = 0; node <= 16; node += 1) runs.park(at(node))
  assert.equal(runs.takeUp([0]), undefined)
  assert.equal(runs.takeUp([1])?.node, 1)
})

test('an actor whose runs are continued behaves as one that is run from its start each time', async () => {
  const checks = await loadChecks()
  const apicPage = checks.find(({ name }) => name === 'apic-page')!
  for (const variant of ['re-request', 'B-OLDPFN']) {
    const program = apicPage.program(variant, 'one-move')
    assert.ok(program.actors.every(({ onlyDelegates }) => onlyDelegates))
    const actors = program.actors.map(({ name, start }) => ({ name, start }))
    const [continued, restarted] = [program, { ...program, actors }].map((one) => {
      const { verdict, counts, schedule, findings } = exploreProgram(one, { ...LIMITS, states: 2_000 })
      return { verdict, counts, schedule, findings }
    })
    assert.deepEqual(continued, restarted)
  }
})
