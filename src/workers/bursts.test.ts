import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Bursts } from './bursts.ts'

test('the first access of a burst is due at its beginning, the others at once, and bursts begin one after the other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(1e6), (accesses, seed) => {
      const bursts = new Bursts({ accesses, everyNs: 1000, seed })
      let before = -1
      for (let burst = 0; burst < 5; burst += 1) {
        const due = bursts.nextDueNs()
        assert.ok(Number.isInteger(due) && due >= Math.max(0, before))
        before = due
        for (let access = 1; access < accesses; access += 1) assert.equal(bursts.nextDueNs(), -1)
      }
    }),
  )
})

test('bursts begin at times that follow from the seed, with the given mean distance', () => {
  const beginnings = (seed: number) => {
    const bursts = new Bursts({ accesses: 1, everyNs: 1000, seed })
    return Array.from({ length: 5000 }, () => bursts.nextDueNs())
  }
  assert.deepEqual(beginnings(1), beginnings(1))
  assert.notDeepEqual(beginnings(1), beginnings(2))
  const mean = beginnings(1).at(-1)! / 5000
  assert.ok(mean > 950 && mean < 1050, `${mean}`)
})
