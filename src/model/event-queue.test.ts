import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EventQueue } from './event-queue.ts'

const ACTORS = 6

type Event = { readonly actor: number; readonly time: number }

/** The reference queue: events in the order of their times, those of one time in the order of insertion. */
class Sorted {
  events: Event[] = []

  enter(actor: number, time: number): void {
    this.remove(actor)
    const later = this.events.findIndex((event) => event.time > time)
    this.events.splice(later < 0 ? this.events.length : later, 0, { actor, time })
  }

  remove(actor: number): void {
    this.events = this.events.filter((event) => event.actor !== actor)
  }
}

const actor = fc.integer({ min: 0, max: ACTORS - 1 })
const time = fc.integer({ min: 0, max: 9 })
const change = fc.oneof(
  fc.record({ kind: fc.constant('enter' as const), actor, time, other: fc.constant(-1) }),
  fc.record({ kind: fc.constant('enter' as const), actor, time, other: actor }),
  fc.record({ kind: fc.constant('remove' as const), actor, time, other: actor }),
)

function assertAlike(queue: EventQueue, { events }: Sorted): void {
  assert.equal(queue.isEmpty, events.length === 0)
  if (events.length === 0) return
  assert.deepEqual({ actor: queue.first, time: queue.firstTime }, events[0])
  assert.equal(queue.secondTime, events[1]?.time ?? Number.POSITIVE_INFINITY)
}

test('events come in the order of their times, then of insertion, with any hint of their position', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const queue = new EventQueue(ACTORS)
      const sorted = new Sorted()
      for (const { kind, actor, time, other } of changes) {
        if (kind === 'remove') {
          queue.remove(actor)
          sorted.remove(actor)
        } else {
          queue.enterBehind(actor, time, other)
          sorted.enter(actor, time)
        }
        assertAlike(queue, sorted)
      }
      while (sorted.events.length > 0) {
        const { first } = queue
        queue.remove(first)
        sorted.remove(first)
        assertAlike(queue, sorted)
      }
    }),
    { numRuns: 1000 },
  )
})
