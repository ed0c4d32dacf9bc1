import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { Stage } from '../../shared-memory/testing.contract.ts'
import { hostPages } from './host-ranges.ts'
import { type MemslotConfig, NO_MEMSLOT } from './memslot.ts'
import { Memslots } from './memslots.ts'

/** Slots whose gfns do not overlap; their hvas may. */
const slots = fc
  .array(fc.record({ gap: fc.nat(50), pages: fc.integer({ min: 1, max: 40 }), hva: fc.nat(200) }), { maxLength: 6 })
  .map((parts) => {
    let baseGfn = 0
    return parts.map(({ gap, pages, hva }, slot): MemslotConfig => {
      const config = { slot, baseGfn: baseGfn + gap, hva, pages }
      baseGfn += gap + pages
      return config
    })
  })

function run<T>(config: readonly MemslotConfig[], act: (cpu: Cpu, memslots: Memslots) => Steps<T>): T {
  const place = new Place()
  const memslots = new Memslots(place, config)
  const memory = new Int32Array(place.words)
  memslots.initialise(memory)
  const stage = new Stage(place, [(cpu) => act(cpu, memslots)], memory)
  stage.run(0)
  return stage.resultOf(0) as T
}

test('a gfn is found in the slot that has it, and in none if none has', () => {
  fc.assert(
    fc.property(slots, fc.nat(600), (config, gfn) => {
      const found = run(config, (cpu, memslots) => memslots.find(cpu, gfn as Gfn))
      const expected = config.findIndex(({ baseGfn, pages }) => gfn >= baseGfn && gfn < baseGfn + pages)
      assert.equal(found, expected)
    }),
  )
})

test('exactly the slots that overlap a range of hvas are visited', () => {
  fc.assert(
    fc.property(slots, fc.nat(250), fc.integer({ min: 1, max: 60 }), (config, start, width) => {
      const visited = run(config, function* (cpu, memslots) {
        const all: number[] = []
        let slot = yield* memslots.nextOverlapping(cpu, NO_MEMSLOT, start as Hva, (start + width) as Hva)
        while (slot !== NO_MEMSLOT) {
          all.push(slot)
          slot = yield* memslots.nextOverlapping(cpu, slot, start as Hva, (start + width) as Hva)
        }
        return all
      })
      const expected = config.flatMap(({ hva, pages }, index) =>
        hva < start + width && hva + pages > start ? [index] : [],
      )
      assert.deepEqual(visited, expected)
    }),
  )
})

test('a range of hvas is cut to the gfns of the slot', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), (start, width) => {
      const [slot] = [{ slot: 0, baseGfn: 1000, hva: 100, pages: 100 }]
      fc.pre(start < 200 && start + width > 100)
      const [first, end] = run([slot!], function* (cpu, memslots) {
        const from = yield* memslots.firstGfn(cpu, 0 as never, start as Hva)
        const to = yield* memslots.endGfn(cpu, 0 as never, (start + width) as Hva)
        return [from, to]
      })
      assert.equal(first, 1000 + Math.max(0, start - 100))
      assert.equal(end, 1000 + Math.min(100, start + width - 100))
    }),
  )
})

test('gfns that share an hva share a page of the host, others do not', () => {
  fc.assert(
    fc.property(slots, (config) => {
      const pages = new Map<number, number>()
      for (const [index, { baseGfn, hva, pages: count }] of config.entries()) {
        for (let page = 0; page < count; page += 1) {
          const host = run(config, (cpu, memslots) => memslots.hostPage(cpu, index as never, (baseGfn + page) as Gfn))
          assert.equal(pages.get(hva + page) ?? host, host)
          pages.set(hva + page, host)
        }
      }
      assert.equal(new Set(pages.values()).size, pages.size)
      assert.equal(hostPages(config), pages.size)
      for (const host of pages.values()) assert.ok(host >= 0 && host < pages.size)
    }),
    { numRuns: 30 },
  )
})

test('every gfn of every slot has a reverse map of its own', () => {
  fc.assert(
    fc.property(slots, (config) => {
      const all = config.flatMap(({ baseGfn, pages }, index) =>
        Array.from({ length: pages }, (_, page) =>
          run(config, (cpu, memslots) => memslots.rmap(cpu, index as never, (baseGfn + page) as Gfn)),
        ),
      )
      assert.deepEqual(
        all,
        all.map((_, index) => index),
      )
    }),
    { numRuns: 30 },
  )
})
