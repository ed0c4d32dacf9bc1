import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { placementOf, placementsOf } from './placements.ts'

test('similar hand-over times belong to one placement, whose time is their median', () => {
  const placements = placementsOf([230, 55, 52, 29, 58, 210])
  assert.deepEqual(placements, [
    { handOverNs: 29, trials: 1 },
    { handOverNs: 55, trials: 3 },
    { handOverNs: 220, trials: 2 },
  ])
})

test('a host that does not move its virtual CPUs has one placement, and without data there is none', () => {
  assert.deepEqual(placementsOf([50, 51, 49]), [{ handOverNs: 50, trials: 3 }])
  assert.deepEqual(placementsOf([]), [])
})

test('every trial belongs to the placement that it was counted in', () => {
  const anyHandOvers = fc.array(fc.constantFrom(28, 29, 30, 52, 55, 58, 210, 230, 250), { minLength: 1 })
  fc.assert(
    fc.property(anyHandOvers, (handOvers) => {
      const placements = placementsOf(handOvers)
      const counted = placements.map(() => 0)
      for (const ns of handOvers) counted[placementOf(placements, ns)]! += 1
      assert.deepEqual(
        counted,
        placements.map(({ trials }) => trials),
      )
    }),
  )
})
