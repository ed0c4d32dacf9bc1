import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inTurn, invalidate } from '../testing.contract.ts'
import { FULL, FULL_IF_GT_PAGE, INTERVAL_TREE_STACK, RANGED, RECHECK, SERIAL, THRESHOLD } from '../variants/icache.ts'
import { executes, smallStage2, writes } from './testing.contract.ts'

const GOOD = { SERIAL, RANGED, INTERVAL_TREE_STACK, FULL_IF_GT_PAGE, THRESHOLD, FULL, RECHECK }

for (const [name, kernel] of Object.entries(GOOD)) {
  test(`${name} keeps its promises in whatever order two vCPUs and an invalidation step`, () => {
    const schedule = fc.array(fc.nat(2), { maxLength: 400 })
    fc.assert(
      fc.property(schedule, fc.boolean(), (picks, isHuge) => {
        const vcpu = inTurn(writes(0), executes(0), executes(5))
        const small = smallStage2([vcpu, vcpu, invalidate(0, 8)], kernel, isHuge)
        small.stage.pick(picks)
        assert.ok(small.stage.finish())
        assert.deepEqual(small.violations, [])
        assert.deepEqual(small.violationsAtRest, [])
      }),
      { numRuns: 60 },
    )
  })
}
