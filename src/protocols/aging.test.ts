import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Steps } from '../shared-memory/steps.ts'
import type { Kernel } from './kernel.ts'
import { VERSIONS } from './kernels.ts'
import { raiseAging } from './mmu-notifier.ts'
import { type Act, BASE_HVA, hvaOf, SmallVm } from './testing.contract.ts'

/** The number of memslots that are checked for a page that two of them map, and that was used in both. */
function askedOf(kernel: Kernel): number {
  const memslots = [0x1000, 0x9000].map((baseGfn, slot) => ({ slot, baseGfn, hva: BASE_HVA, pages: 32 }))
  let asked = 0
  function* testAgeGfn(): Steps<boolean> {
    asked += 1
    return true
  }
  const counting: Kernel = { ...kernel, kvm: { ...kernel.kvm, testAgeGfn } }
  const asks: Act = (cpu, vm) => raiseAging(cpu, vm, 'test-young', hvaOf(3), hvaOf(4))
  const small = new SmallVm([asks], counting, { memslots })
  small.stage.run(0)
  assert.equal(small.stage.resultOf(0), true, kernel.name)
  return asked
}

test('test_young checks every memslot that maps the page, even if the first was used: kvm_handle_hva_range() ORs the results', () => {
  for (const kernel of VERSIONS) assert.equal(askedOf(kernel), 2, kernel.name)
})
