import { ATTRIBUTE_PRIVATE, ATTRIBUTE_SHARED } from '../../protocols/attributes/mem-attributes.ts'
import { assertAttributes } from '../../protocols/attributes/oracles.ts'
import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { entersGuest, leavesGuest, outsideFirst, writesInGuest } from './guest-acts.ts'
import { ALL, HUGE, NX, own } from './nx-small-vm.ts'
import { declaredOf, type SmallConfiguration, smallProgram } from './small-configuration.ts'
import { type Act, inTurn } from './vm-program.ts'

const TOUCHED = 2

const converts = (gfn: Gfn, attribute: number): Act =>
  function* (cpu, vm) {
    yield* vm.kvm.vmSetMemAttributes(cpu, vm, gfn, gfnAdd(gfn, 1), attribute)
    assertAttributes(cpu, vm, gfn, gfnAdd(gfn, 1), attribute)
  }

const punches = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    yield* vm.kvm.gmemPunchHole(cpu, vm, gfn, gfnAdd(gfn, 1))
  }

const CONFIGURATIONS: Readonly<Record<string, SmallConfiguration>> = {
  edge: {
    says: 'a vCPU faults beside a gfn that becomes private, in the same huge page, and then on that gfn',
    acts: [
      ['vcpu0', outsideFirst(entersGuest, writesInGuest(own(0, 1)), writesInGuest(own(0, 0)), leavesGuest)],
      ['vmm', converts(own(0, 0), ATTRIBUTE_PRIVATE)],
    ],
  },
  used: {
    says: 'a vCPU uses a gfn twice, which becomes private in between',
    acts: [
      ['vcpu0', outsideFirst(entersGuest, writesInGuest(own(HUGE, 0)), writesInGuest(own(HUGE, 0)), leavesGuest)],
      ['vmm', converts(own(HUGE, 0), ATTRIBUTE_PRIVATE)],
    ],
  },
  'shared-again': {
    says: 'a vCPU uses a private gfn that becomes shared and whose private page is freed',
    before: converts(own(HUGE, 0), ATTRIBUTE_PRIVATE),
    acts: [
      ['vcpu0', outsideFirst(entersGuest, writesInGuest(own(HUGE, 0)), leavesGuest)],
      ['vmm', inTurn(converts(own(HUGE, 0), ATTRIBUTE_SHARED), punches(own(HUGE, 0)))],
    ],
  },
  punched: {
    says: 'the page of guest_memfd that a vCPU uses is given back',
    before: converts(own(HUGE, 0), ATTRIBUTE_PRIVATE),
    acts: [
      ['vcpu0', outsideFirst(entersGuest, writesInGuest(own(HUGE, 0)), writesInGuest(own(HUGE, 0)), leavesGuest)],
      ['vmm', punches(own(HUGE, 0))],
    ],
  },
}

/** To v6.14 a huge page could be mapped whole while a part of it became private. */
const SMALL_TOO_LATE = { entry: 'archPreSetMemoryAttributes', finds: ['wrong_attribute'], in: 'edge' } as const

const declared: Check = {
  name: 'attributes',
  asks: 'Does a guest ever use shared memory behind a private gfn, or a page of guest_memfd that was given back?',
  ...checkedVariants('attributes', 'convert', {
    'B-HOLEFIRST': { finds: ['stale_use'], in: 'punched' },
    'B-HUGEEDGE': { finds: ['wrong_attribute'], in: 'edge' },
  }),
  kernelFaults: { 'v6.8': SMALL_TOO_LATE, 'v6.12': SMALL_TOO_LATE },
  configurations: declaredOf(CONFIGURATIONS),
  patience: 1,
  program: (variant, configuration) =>
    smallProgram(variant, CONFIGURATIONS[configuration]!, {
      vcpus: 1,
      memslots: [ALL],
      nx: { ...NX, entries: TOUCHED },
      attributes: { slot: ALL.slot },
      updates: { spare: [SPARE], pseudoLock: 'none', zap: 'slot' },
    }),
}
export default declared

/** A slot that never comes: only a VM whose memslots can change has slots_lock. */
const SPARE = { slot: 1, baseGfn: own(-4), hva: ALL.hva + ALL.pages + 8, pages: 1 }
