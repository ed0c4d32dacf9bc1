import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { programOf } from './exploration.ts'
import { reductionOf } from './exploring.ts'
import { findWorst } from './find-worst.ts'
import { LIMITS } from './limits.ts'
import { loadChecks } from './load-checks.ts'
import { Machine } from './machine.ts'
import { MEMORY_MODELS, type MemoryModel } from './memory/model.ts'
import { replaySchedule } from './replay-schedule.ts'
import { ableOf } from './search.ts'
import { WorstSearch } from './worst.ts'

const FAILED = 3

/** Counts each exchange that fails because another actor was faster. */
function* increment(cpu: Cpu, word: Word): Steps<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    const was = yield* cpu.load(word)
    const seen = yield* cpu.cas(word, was, was + 1)
    if (seen === was) return
    cpu.count(FAILED, 1)
  }
}

const machineOf = (memory: MemoryModel) =>
  new Machine(
    programOf({
      setup: (place: Place) => place.line('shared'),
      actors: { one: increment, two: increment, three: increment },
    }),
    { patience: 1, counted: [FAILED], memory },
  )

/** The largest count of any execution, by enumerating all of them. */
function mostOf(machine: Machine): number {
  const able = ableOf(machine)
  if (able === 0) return machine.counted
  let most = 0
  for (let actor = 0; actor < machine.steppers; actor += 1) {
    if ((able & (1 << actor)) === 0) continue
    machine.step(actor)
    most = Math.max(most, mostOf(machine))
    machine.back()
  }
  return most
}

for (const memory of MEMORY_MODELS) {
  test(`the worst schedule with ${memory} has the largest cost of all, and the same cost when it is replayed`, () => {
    const machine = machineOf(memory)
    const bounds = { states: 1e6, depth: 1000, isOver: () => false }
    const { cost, because, schedule } = new WorstSearch(machine, reductionOf(machine), bounds).run()
    assert.equal(cost, mostOf(machineOf(memory)))
    assert.equal(because, 'proved')
    const again = machineOf(memory)
    for (const actor of schedule) again.step(actor)
    assert.equal(again.counted, cost)
  })
}

test('a zapper that yields flushes for every page that another task waited at, and one that does not once', async () => {
  const precheck = (await loadChecks()).find(({ name }) => name === 'precheck')!
  const limits = { ...LIMITS, patience: 0 }
  const worst = (variant: string) => findWorst(precheck, variant, 'zapper', 'flushes', limits)
  const yielding = worst('no-precheck')
  assert.deepEqual([yielding.cost, yielding.because], [4, 'proved'])
  assert.deepEqual([worst('no-yield').cost, worst('no-yield').because], [1, 'proved'])
  assert.ok(typeof replaySchedule(precheck, 'no-precheck', 'zapper', yielding.replay) !== 'string')
})
