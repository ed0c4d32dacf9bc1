import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { VERSIONS } from '../kernels.ts'
import { Fault } from '../page-fault.ts'
import { type Act, faultOn, faultsOn, gfnOf, inTurn, invalidate } from '../testing.contract.ts'
import { ALWAYS_LOCK, COUNT } from '../variants/elision.ts'
import { PRECHECK } from '../variants/precheck.ts'
import { loadFirstRoot } from '../vcpu-run.ts'
import { GEN_UPDATE_IN_PROGRESS, NO_MEMSLOT } from './memslot.ts'
import { creates, deletes, notifies, OUTSIDE, SPARE, SPARE_RANGE, updatedVm } from './testing.contract.ts'
import { moveMemslot } from './update-memslot.ts'

const find =
  (gfn: number): Act =>
  (cpu, vm) =>
    vm.memslots.find(cpu, gfn as Gfn)
const generation: Act = function* (cpu, vm) {
  return vm.memslots.peekGeneration(cpu)
}

function resultsOf(...acts: readonly Act[]) {
  const results: unknown[] = []
  const collects: Act = function* (cpu, vm) {
    for (const act of acts) results.push(yield* act(cpu, vm))
  }
  const small = updatedVm([collects])
  small.stage.run(0)
  assert.equal(small.stage.stateOf(0), 'has ended')
  return results
}

test('a slot that is added is found, one that is removed is not, and its neighbour always is', () => {
  const [before, , added, neighbour, , gone, still] = resultsOf(
    find(SPARE.baseGfn),
    creates,
    find(SPARE.baseGfn + 7),
    find(gfnOf(0)),
    deletes,
    find(SPARE.baseGfn),
    find(gfnOf(63)),
  )
  assert.deepEqual([before, gone], [NO_MEMSLOT, NO_MEMSLOT])
  for (const slot of [added, neighbour, still]) assert.notEqual(slot, NO_MEMSLOT)
})

test('a slot that is moved is found at its new place, with its memory', () => {
  const page: Act = function* (cpu, vm) {
    const slot = yield* vm.memslots.find(cpu, (SPARE.baseGfn + 100) as Gfn)
    return yield* vm.memslots.hva(cpu, slot, (SPARE.baseGfn + 101) as Gfn)
  }
  const moves: Act = (cpu, vm) => moveMemslot(cpu, vm, SPARE.slot, (SPARE.baseGfn + 100) as Gfn)
  const [, , , old, hva] = resultsOf(creates, find(SPARE.baseGfn), moves, find(SPARE.baseGfn), page)
  assert.deepEqual([old, hva], [NO_MEMSLOT, (SPARE.hva + 1) as Hva])
})

test('each publication is a generation, which is marked while it is not over', () => {
  const small = updatedVm([inTurn(creates, deletes)])
  const seen: number[] = []
  while (small.stage.stateOf(0) !== 'has ended') {
    small.stage.play('0')
    const active = small.stage.memory[small.vm.memslots.active]!
    seen.push(active)
  }
  // Added in one publication; removed in two, of which the first shows the slot as INVALID.
  const flips = seen.filter((active, index) => index > 0 && active !== seen[index - 1]).length
  assert.equal(flips, 3)
  const [first, , second, , third] = resultsOf(generation, creates, generation, deletes, generation) as number[]
  assert.deepEqual([first, second, third], [0, 1, 3])
  assert.equal(third! & GEN_UPDATE_IN_PROGRESS, 0)
})

test('the deletion of a slot waits for a pair, whatever it is of, and is woken by its end', () => {
  for (const range of [OUTSIDE, SPARE_RANGE]) {
    const small = updatedVm([inTurn(creates, deletes), notifies(range)])
    small.stage.runUntil(1, /pause/).run(0)
    assert.equal(small.stage.stateOf(0), 'waits at untilEqual mnMemslotsUpdateRcuwait.state')
    small.stage.run(1).run(0)
    assert.equal(small.stage.stateOf(0), 'has ended')
    assert.equal(small.counted('memslot_wakeups'), 1)
  }
})

test('an update starves as long as pairs overlap', () => {
  const small = updatedVm([creates, notifies(OUTSIDE), notifies(OUTSIDE), notifies(OUTSIDE)])
  small.stage.runUntil(1, /pause/).run(0)
  for (const [ending, starting] of [
    [1, 2],
    [2, 3],
  ] as const) {
    small.stage.runUntil(starting, /pause/).run(ending).run(0)
    assert.match(small.stage.stateOf(0), /^waits at untilEqual mnMemslotsUpdateRcuwait/)
  }
  small.stage.run(3).run(0)
  assert.equal(small.stage.stateOf(0), 'has ended')
})

test('what is mapped of a slot is gone before the slot is', () => {
  for (const mmu of ['tdp', 'shadow'] as const) {
    for (const zap of ['all', 'slot'] as const) {
      const small = updatedVm([inTurn(creates, faultsOn(3, 64, 70), deletes)], PRECHECK, { zap }, { mmu })
      small.stage.run(0)
      assert.deepEqual([small.leaf(64), small.leaf(70), small.violations.length], [0, 0, 0])
      assert.equal(small.leaf(3) === 0, zap === 'all')
    }
  }
})

test('a fault that meets a slot on its way out retries, and finds none when it is gone', () => {
  const small = updatedVm([faultOn(64), inTurn(creates, deletes)])
  small.stage.runUntil(1, /cas mmuLock/).run(0)
  assert.equal(small.counted('retry_invalid_slot'), 1)
  assert.deepEqual(small.violations, [])
})

test('since v6.10 a gfn that is no longer private goes to the VMM even if its slot is on its way out, and before the fault retries', () => {
  const thoughtPrivate: Act = function* (cpu, vm) {
    const fault = new Fault()
    fault.begin(gfnOf(64), false)
    fault.isPrivate = true
    fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
    return yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
  }
  const ends = VERSIONS.filter(({ kvm }) => kvm.hasMemoryAttributes).map((kernel) => {
    const config = { attributes: { slot: SPARE.slot } }
    const small = updatedVm([thoughtPrivate, inTurn(creates, deletes)], kernel, {}, config)
    small.stage.runUntil(1, /cas mmuLock/).run(0)
    assert.deepEqual([kernel.name, ...small.violations], [kernel.name])
    return [kernel.name, small.counted('memory_fault_exits'), small.counted('retry_invalid_slot')]
  })
  assert.deepEqual(ends, [
    ['v6.8', 0, 1],
    ['v6.12', 1, 0],
    ['v6.18', 1, 0],
    ['v7.1', 1, 0],
  ])
})

const RULES = { 'always-lock': ALWAYS_LOCK, count: COUNT, 'count-elide': PRECHECK }
for (const [name, kernel] of Object.entries(RULES)) {
  test(`${name}: no schedule of a fault, two notifiers and an update violates anything`, () => {
    const numbers = fc.array(fc.nat(3), { maxLength: 400 })
    fc.assert(
      fc.property(numbers, fc.constantFrom('graph' as const, 'mutex' as const), (schedule, pseudoLock) => {
        const changes = invalidate(0, 8)
        const small = updatedVm(
          [faultsOn(5, 66, 20), changes, notifies(SPARE_RANGE), inTurn(creates, deletes, creates)],
          kernel,
          { pseudoLock },
        )
        assert.ok(small.stage.pick(schedule).finish())
        assert.deepEqual([small.violations, small.violationsAtRest], [[], []])
      }),
      { numRuns: 60 },
    )
  })
}

test('vCPUs take slots_arch_lock once in the life of a VM, with shadow paging, and without it never', () => {
  const loads: Act = (cpu, vm) => loadFirstRoot(cpu, vm, vm.vcpus[cpu.id]!)
  const taken = (mmu: 'tdp' | 'shadow') => {
    const all = inTurn(loads, loads)
    const small = updatedVm([all, inTurn(loads, creates, deletes, loads), all], PRECHECK, {}, { mmu, vcpus: 3 })
    let times = 0
    for (const vcpu of [0, 1, 2]) {
      while (small.stage.stateOf(vcpu) !== 'has ended') {
        if (/cas slotsArchLock/.test(small.stage.stateOf(vcpu))) times += 1
        small.stage.play(`${vcpu}`)
      }
    }
    return times
  }
  assert.equal(taken('shadow') - taken('tdp'), 1)
})
