import { ATTRIBUTE_PRIVATE, ATTRIBUTE_SHARED } from '../../protocols/attributes/mem-attributes.ts'
import { ACCESSED, accessGuestMemory, FAULT_PROTECTION } from '../../protocols/guest-access.ts'
import { Fault } from '../../protocols/page-fault.ts'
import { enterGuest, exitGuest, isKicked } from '../../protocols/vcpu-run.ts'
import type { NxConfig } from '../../protocols/vm-config.ts'
import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import { buildSystem, type Protocol } from '../../workers/system.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { leavesGuest } from './nx-acts.ts'
import { ALL, HUGE, own } from './nx-small-vm.ts'
import { type Act, inTurn, SMALL, vmProgram } from './vm-program.ts'

const TOUCHED = 2

const NX: NxConfig = {
  roots: 1,
  keepsRoots: true,
  nestedGfn: own(HUGE + 1),
  nestedPages: 0,
  hugeBlocks: HUGE,
  hugeLevel: 2,
  entries: TOUCHED,
}

const enters: Act = function* (cpu, vm) {
  yield* enterGuest(cpu, vm, vm.vcpus[cpu.id]!)
}

/** The guest writes, and faults until it can, or until a signal comes. */
const writes = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    const fault = new Fault()
    for (;;) {
      const kicked = yield* isKicked(cpu, vcpu)
      if (kicked) {
        yield* exitGuest(cpu, vcpu)
        yield* enterGuest(cpu, vm, vcpu)
      }
      const access = yield* accessGuestMemory(cpu, vm, vcpu, gfn)
      if (access === ACCESSED) return
      fault.begin(gfn, access === FAULT_PROTECTION)
      yield* exitGuest(cpu, vcpu)
      yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      if (cpu.signalPending()) return
      yield* enterGuest(cpu, vm, vcpu)
    }
  }

const converts = (gfn: Gfn, attribute: number): Act =>
  function* (cpu, vm) {
    yield* vm.kvm.vmSetMemAttributes(cpu, vm, gfn, gfnAdd(gfn, 1), attribute)
  }

const punches = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    yield* vm.kvm.gmemPunchHole(cpu, vm, gfn, gfnAdd(gfn, 1))
  }

type Small = {
  readonly says: string
  readonly acts: readonly (readonly [string, Act])[]
  /** What the first of them does alone, before the others are there. */
  readonly before?: Act
}

const CONFIGURATIONS: Readonly<Record<string, Small>> = {
  edge: {
    says: 'a vCPU faults beside a gfn that becomes private, in the same huge page, and then on that gfn',
    acts: [
      ['vcpu0', inTurn(enters, writes(own(0, 1)), writes(own(0, 0)), leavesGuest)],
      ['vmm', converts(own(0, 0), ATTRIBUTE_PRIVATE)],
    ],
  },
  used: {
    says: 'a vCPU uses a gfn twice that becomes private meanwhile',
    acts: [
      ['vcpu0', inTurn(enters, writes(own(HUGE, 0)), writes(own(HUGE, 0)), leavesGuest)],
      ['vmm', converts(own(HUGE, 0), ATTRIBUTE_PRIVATE)],
    ],
  },
  'shared-again': {
    says: 'a vCPU uses a private gfn that becomes shared, and of which the private page is given back',
    before: converts(own(HUGE, 0), ATTRIBUTE_PRIVATE),
    acts: [
      ['vcpu0', inTurn(enters, writes(own(HUGE, 0)), leavesGuest)],
      ['vmm', inTurn(converts(own(HUGE, 0), ATTRIBUTE_SHARED), punches(own(HUGE, 0)))],
    ],
  },
  punched: {
    says: 'the page of guest_memfd that a vCPU uses is given back',
    before: converts(own(HUGE, 0), ATTRIBUTE_PRIVATE),
    acts: [
      ['vcpu0', inTurn(enters, writes(own(HUGE, 0)), writes(own(HUGE, 0)), leavesGuest)],
      ['vmm', punches(own(HUGE, 0))],
    ],
  },
}

const declared: Check = {
  name: 'attributes',
  asks: 'Does a guest ever use shared memory behind a private gfn, or a page of guest_memfd that was given back?',
  ...checkedVariants('attributes', 'convert', {
    'B-HUGEEDGE': { finds: ['wrong_attribute'], in: 'edge' },
  }),
  configurations: Object.entries(CONFIGURATIONS).map(([name, { says, acts }]) => ({
    name,
    says,
    actors: acts.map(([actor]) => actor),
  })),
  patience: 1,
  program: (variant, configuration) => {
    const { acts, before } = CONFIGURATIONS[configuration]!
    const spec = {
      ...SMALL,
      variant: variant as Protocol,
      cpus: acts.length,
      vcpus: 1,
      memslots: [ALL],
      nx: NX,
      attributes: { slot: ALL.slot },
      updates: { spare: [SPARE], pseudoLock: 'none', zap: 'slot' },
    } as const
    return {
      ...vmProgram(spec, acts),
      ...(before === undefined
        ? {}
        : { before: { name: 'before', start: (cpu) => before(cpu, buildSystem(spec).vm) } }),
    }
  },
}
export default declared

/** A slot that never comes: only a VM whose memslots can change has slots_lock. */
const SPARE = { slot: 1, baseGfn: own(-4), hva: ALL.hva + ALL.pages + 8, pages: 1 }
