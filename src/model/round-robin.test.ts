import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RoundRobin } from './round-robin.ts'

type Order = { readonly units: number; readonly service: number; readonly at: number }

/** Every operation separately: each CPU has a window of them queued, and posts the next window when one is done. */
function oneByOne(orders: readonly Order[], window: number): Map<number, number> {
  const ends = new Map<number, number>()
  const left = orders.map(({ units }) => units)
  const arrivals = [...orders.keys()].sort((a, b) => orders[a]!.at - orders[b]!.at || a - b)
  const queue: number[] = []
  let time = 0
  const arrive = () => {
    while (arrivals.length > 0 && orders[arrivals[0]!]!.at <= time) queue.push(arrivals.shift()!)
  }
  for (;;) {
    if (queue.length === 0) {
      if (arrivals.length === 0) return ends
      time = Math.max(time, orders[arrivals[0]!]!.at)
    }
    arrive()
    const cpu = queue[0]!
    for (let unit = Math.min(window, left[cpu]!); unit > 0; unit -= 1) time += orders[cpu]!.service
    left[cpu]! -= Math.min(window, left[cpu]!)
    // A CPU that came during the turn queues before the one whose turn it was; at its very end, behind.
    const ended = time
    while (arrivals.length > 0 && orders[arrivals[0]!]!.at < ended) queue.push(arrivals.shift()!)
    queue.shift()
    if (left[cpu]! > 0) queue.push(cpu)
    else ends.set(cpu, time)
  }
}

function inOnePiece(orders: readonly Order[], window: number): Map<number, number> {
  const ends = new Map<number, number>()
  const server = new RoundRobin(orders.length, window, (cpu, time) => ends.set(cpu, time))
  const arrivals = [...orders.keys()].sort((a, b) => orders[a]!.at - orders[b]!.at || a - b)
  for (const cpu of arrivals) server.post(cpu, orders[cpu]!.units, orders[cpu]!.service, orders[cpu]!.at)
  while (server.nextFinish !== Number.POSITIVE_INFINITY) server.advance(server.nextFinish)
  return ends
}

test('a long run of operations ends at the same time as one by one', () => {
  const order = fc.record({
    units: fc.integer({ min: 1, max: 400 }),
    service: fc.integer({ min: 1, max: 90 }),
    at: fc.integer({ min: 0, max: 9000 }),
  })
  fc.assert(
    fc.property(fc.array(order, { minLength: 1, maxLength: 7 }), fc.integer({ min: 1, max: 16 }), (orders, window) => {
      assert.deepEqual([...inOnePiece(orders, window)].sort(), [...oneByOne(orders, window)].sort())
    }),
    { numRuns: 500 },
  )
})

test('64 CPUs with 8,388,608 operations each take 64 times as long as one, and end a window apart', () => {
  const lines = 8_388_608
  const [alone] = [...inOnePiece([{ units: lines, service: 69_040, at: 0 }], 4).values()]
  const all = [
    ...inOnePiece(
      Array.from({ length: 64 }, () => ({ units: lines, service: 69_040, at: 0 })),
      4,
    ).values(),
  ]
  assert.equal(alone, lines * 69_040)
  assert.equal(Math.max(...all), 64 * lines * 69_040)
  assert.equal(Math.max(...all) - Math.min(...all), 63 * 4 * 69_040)
})
