import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu } from '../cpu.ts'
import { Place } from '../place.ts'
import { Stage } from '../testing.contract.ts'
import { CnaQSpinLock } from './cna-qspinlock.ts'

const RELEASES = /sub cna.val/
/** On the pending bit, in the queue, or as its head that has looked at the lock and at those behind it. */
const WAITS = /untilClear|pause/
const OWNS_OR_WAITS = /sub cna.val|waits at|pause/

function looksOnce(stage: Stage, cpu: number): void {
  if (/is about to pause/.test(stage.stateOf(cpu))) stage.play(`${cpu}`)
  if (/is about to/.test(stage.stateOf(cpu))) stage.runUntil(cpu, OWNS_OR_WAITS)
}

/** The CPUs in the order in which they get the lock that CPU 0 has, when they ask for it in that of their numbers. `nodes`: the NUMA node of each. */
function served(nodes: readonly number[], mostHandoffs?: number): string {
  const place = new Place()
  const lock = new CnaQSpinLock(place.within('cna'), nodes.length, (cpu) => nodes[cpu]!, mostHandoffs)
  let order = ''
  const once = function* (cpu: Cpu) {
    yield* lock.acquire(cpu)
    order += cpu.id
    yield* lock.release(cpu)
  }
  const stage = new Stage(
    place,
    nodes.map(() => once),
  ).runUntil(0, RELEASES)
  for (let cpu = 1; cpu < nodes.length; cpu += 1) stage.runUntil(cpu, WAITS)
  for (const _ of nodes) {
    // While one has the lock, all that wait do what they can: the head orders the queue, one waiter a look.
    for (const _look of nodes) for (const cpu of nodes.keys()) looksOnce(stage, cpu)
    const owner = nodes.findIndex((_node, cpu) => RELEASES.test(stage.stateOf(cpu)))
    stage.run(owner)
  }
  return order
}

test('waiters of one node are served in the order in which they came', () => {
  assert.equal(served([0, 0, 0, 0, 0, 0]), '012345')
})

test('the lock goes to waiters of the node of its owner first, and then to the others in their order', () => {
  assert.equal(served([0, 0, 0, 1, 0, 1, 0]), '0124635')
})

test('a waiter of another node that is the last in the queue is served in its turn', () => {
  assert.equal(served([0, 0, 0, 0, 1]), '01234')
})

test('after so many hand-overs within a node the others are served', () => {
  assert.equal(served([0, 0, 0, 1, 0, 0, 0], 2), '0124536')
  assert.equal(served([0, 0, 0, 1, 0, 0, 0], 1), '0124365')
})
