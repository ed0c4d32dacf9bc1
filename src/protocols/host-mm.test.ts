import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu } from '../shared-memory/cpu.ts'
import { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { Stage } from '../shared-memory/testing.contract.ts'
import { HostMm, isPresent, pfnOfPte } from './host-mm.ts'

type Act = (cpu: Cpu, host: HostMm) => Steps<unknown>

function onStage(acts: readonly Act[], isHuge: (block: number) => boolean = () => false) {
  const place = new Place()
  const host = new HostMm(place, 1024, { isHuge })
  const stage = new Stage(
    place,
    acts.map((act) => (cpu: Cpu) => act(cpu, host)),
  )
  return { host, stage, pte: (page: number) => host.peekPte(stage.cpus[0]!, page) }
}

test('a page is populated by the CPU that faults on it first, and a reference taken', () => {
  const { host, stage, pte } = onStage([(cpu, host) => host.faultin(cpu, 7), (cpu, host) => host.faultin(cpu, 7)])
  assert.equal(isPresent(pte(7)), false)
  stage.runUntil(0, /cas/).runUntil(1, /cas/).run(0).run(1)
  assert.equal(stage.resultOf(0), pte(7))
  assert.equal(stage.resultOf(1), pte(7))
  assert.equal(host.leakedReferences(stage.memory), 2)
})

test('a page that moves gets its other frame and a new generation, and moves back to the first', () => {
  const { stage, pte } = onStage([
    (cpu, host) => host.faultin(cpu, 7),
    function* (cpu, host) {
      yield* host.migrate(cpu, 0, 16)
    },
    function* (cpu, host) {
      yield* host.migrate(cpu, 0, 16)
    },
  ])
  stage.run(0)
  const first = pte(7)
  stage.run(1)
  const second = pte(7)
  stage.run(2)
  assert.notEqual(pfnOfPte(7, second), pfnOfPte(7, first))
  assert.equal(pfnOfPte(7, pte(7)), pfnOfPte(7, first))
  assert.equal(new Set([first, second, pte(7)]).size, 3)
})

test('a reference that comes too late is given back, and the fault starts over with the page as it is now', () => {
  const { host, stage, pte } = onStage([
    (cpu, host) => host.faultin(cpu, 3),
    (cpu, host) => host.faultin(cpu, 3),
    function* (cpu, host) {
      yield* host.migrate(cpu, 0, 16)
    },
  ])
  stage.run(0)
  // CPU 1 has read the entry; the page moves before its reference is taken.
  stage
    .runUntil(1, /add refs/)
    .run(2)
    .run(1)
  assert.equal(stage.resultOf(1), pte(3))
  assert.equal(host.leakedReferences(stage.memory), 2)
  const refs = stage.trace
    .filter((step) => step.startsWith('1 ') && step.includes('refs'))
    .map((step) => step.slice(0, 5))
  assert.deepEqual(refs, ['1 add', '1 sub', '1 add'])
})

test('pages that were never touched do not move', () => {
  const { stage, pte } = onStage([
    function* (cpu, host) {
      yield* host.migrate(cpu, 0, 16)
    },
  ])
  stage.run(0)
  assert.equal(pte(3), 0)
})

test('all pages of a huge page share one entry, and move together', () => {
  const { stage, pte } = onStage(
    [
      (cpu, host) => host.faultin(cpu, 600),
      function* (cpu, host) {
        yield* host.migrate(cpu, 600, 1)
      },
    ],
    (block) => block === 1,
  )
  stage.run(0)
  const before = pte(512)
  assert.equal(pte(1023), before)
  assert.equal(pte(511), 0)
  stage.run(1)
  assert.notEqual(pte(512), before)
})

test('more guest memory than can be modelled is refused with both numbers', () => {
  assert.throws(() => new HostMm(new Place(), 2 ** 24, { isHuge: () => false }), /16777216 pages .* 8388608/)
})
