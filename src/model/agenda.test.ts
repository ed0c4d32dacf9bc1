import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Agenda } from './agenda.ts'

const ACTORS = 6

type Event = { readonly actor: number; readonly time: number }

/** What an agenda is to be: events in the order of their times, those of one time in the order of entering. */
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

function assertAlike(agenda: Agenda, { events }: Sorted): void {
  assert.equal(agenda.isEmpty, events.length === 0)
  if (events.length === 0) return
  assert.deepEqual({ actor: agenda.first, time: agenda.firstTime }, events[0])
  assert.equal(agenda.secondTime, events[1]?.time ?? Number.POSITIVE_INFINITY)
}

test('events come in the order of their times, then of entering, whoever they were said to stand behind', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const agenda = new Agenda(ACTORS)
      const sorted = new Sorted()
      for (const { kind, actor, time, other } of changes) {
        if (kind === 'remove') {
          agenda.remove(actor)
          sorted.remove(actor)
        } else {
          agenda.enterBehind(actor, time, other)
          sorted.enter(actor, time)
        }
        assertAlike(agenda, sorted)
      }
      while (sorted.events.length > 0) {
        const { first } = agenda
        agenda.remove(first)
        sorted.remove(first)
        assertAlike(agenda, sorted)
      }
    }),
    { numRuns: 1000 },
  )
})
