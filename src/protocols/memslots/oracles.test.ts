import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Word } from '../../shared-memory/cpu.ts'
import { type Act, BASE_GFN, faultOn, inTurn, type SmallVm } from '../testing.contract.ts'
import type { Vm } from '../vm.ts'
import { creates, deletes, SPARE, updatedVm } from './testing.contract.ts'
import { deleteMemslot, moveMemslot } from './update-memslot.ts'

const run = (...acts: readonly Act[]): SmallVm => {
  const small = updatedVm([inTurn(...acts)])
  small.stage.run(0)
  assert.equal(small.stage.stateOf(0), 'has ended')
  return small
}

/** The oracle's record is changed, so that the true state looks wrong. */
const pokes = (wordOf: (vm: Vm) => Word, value: number): Act =>
  function* (cpu, vm) {
    cpu.poke(wordOf(vm), value)
  }
const firstSet = (vm: Vm) => vm.updates!.set(0)
const publications = (vm: Vm) => vm.updates!.publications

test('updates one after the other leave the memslots as they were set', () => {
  const moves: Act = (cpu, vm) => moveMemslot(cpu, vm, SPARE.slot, (SPARE.baseGfn + 100) as Gfn)
  const small = run(creates, deletes, creates, moves, deletes)
  assert.deepEqual([small.violations, small.violationsAtRest], [[], []])
})

test('a slot that is there already is not set again', () => {
  assert.deepEqual(run(creates, creates).violations, ['memslot_lost'])
})

test('a slot that was set and is not there was lost', () => {
  assert.deepEqual(run(pokes(firstSet, BASE_GFN + 2), creates).violations, ['memslot_lost'])
})

test('every publication is a generation of its own, on its way and afterwards', () => {
  const { violations } = run(creates, pokes(publications, 0), deletes)
  assert.deepEqual([...new Set(violations)], ['generation_wrong'])
})

test('what no memslot maps is MMIO, which memory that has always been there is not', () => {
  const goes: Act = (cpu, vm) => deleteMemslot(cpu, vm, 0)
  assert.deepEqual(run(goes, faultOn(3)).violations, [])
  assert.deepEqual(run(goes, pokes(firstSet, 0), faultOn(3)).violations, ['emulated_memory'])
})

test('a lock that is held and a task that is to be woken are found when all have ended', () => {
  const keeps: Act = (cpu, vm) => vm.updates!.slotsArchLock.acquire(cpu)
  assert.deepEqual(run(keeps).violationsAtRest, ['lock_left_held'])
  const waits: Act = (cpu, vm) => vm.mnMemslotsUpdateRcuwait.prepare(cpu)
  assert.deepEqual(run(waits).violationsAtRest, ['waiter_left'])
})
