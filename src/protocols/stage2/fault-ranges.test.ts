import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Gfn } from '../../shared-memory/addresses.ts'
import { Place } from '../../shared-memory/place.ts'
import { Stage } from '../../shared-memory/testing.contract.ts'
import { FaultRanges } from './fault-ranges.ts'

const CPUS = 4
const anyRange = fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 6 }))
const anyMove = fc.tuple(fc.nat(CPUS - 1), anyRange)

test('a range is served unless one that is in service overlaps it', () => {
  fc.assert(
    fc.property(fc.array(anyMove, { maxLength: 30 }), (moves) => {
      const place = new Place()
      const ranges = new FaultRanges(place, CPUS, false)
      const memory = new Int32Array(place.words)
      const inService = new Map<number, readonly [start: number, end: number]>()
      for (const [cpu, [start, pages]] of moves) {
        const end = start + pages
        const run = (act: 'add' | 'remove') => {
          const actors = Array.from({ length: CPUS }, () => (on: Parameters<FaultRanges['remove']>[0]) => {
            return act === 'add' ? ranges.add(on, start as Gfn, end as Gfn) : ranges.remove(on)
          })
          return new Stage(place, actors, memory).run(cpu).resultOf(cpu)
        }
        if (inService.delete(cpu)) {
          run('remove')
          continue
        }
        const isFree = [...inService.values()].every(([from, to]) => end <= from || to <= start)
        assert.equal(run('add'), isFree)
        if (isFree) inService.set(cpu, [start, end])
      }
    }),
  )
})
