import { type AgingKind, raiseAging } from '../../protocols/mmu-notifier.ts'
import { type Gfn, type Hva, hvaAdd } from '../../shared-memory/addresses.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { leavesGuest } from './guest-acts.ts'
import {
  changesRole,
  executes,
  inGuest,
  reclaims,
  recovers,
  touches,
  unmapsAndMoves,
  writeProtects,
  writesTo,
  writesToPresent,
} from './nx-acts.ts'
import { ALL, FIRST_GFN, FIRST_HVA, NX, own, type Small, small } from './nx-small-vm.ts'
import { declaredOf, smallProgram } from './small-configuration.ts'
import { type Act, inTurn } from './vm-program.ts'

/** A task of the host asks of one entry of its page table. */
const ages = (gfn: Gfn, pages = 1, kind: AgingKind = 'clear-flush-young'): Act =>
  function* (cpu, vm) {
    const start = (FIRST_HVA + gfn - FIRST_GFN) as Hva
    return yield* raiseAging(cpu, vm, kind, start, hvaAdd(start, pages))
  }

const CONFIGURATIONS: Readonly<Record<string, Small>> = {
  unmapped: {
    says: 'a page is aged while a notifier takes it away and moves it',
    vcpus: 0,
    before: writesTo(small(0)),
    acts: [
      ['ager', ages(small(0))],
      ['notifier', unmapsAndMoves(small(0), 1)],
    ],
  },
  used: {
    says: 'a vCPU uses a page that is aged and tested',
    vcpus: 1,
    before: inTurn(inGuest(small(0)), leavesGuest),
    acts: [
      ['vcpu0', inTurn(inGuest(small(0)), touches(small(0)), leavesGuest)],
      ['ager', inTurn(ages(small(0)), ages(small(0), 1, 'test-young'))],
    ],
  },
  faulted: {
    says: 'a vCPU faults on a page while it is aged',
    vcpus: 1,
    before: writesTo(small(1)),
    acts: [
      ['vcpu0', inTurn(writesTo(small(0)), writesTo(small(0)))],
      ['ager', ages(small(0), 2, 'clear-young')],
    ],
  },
  'write-protected': {
    says: 'a vCPU gets write permission back without mmu_lock while the page is aged',
    vcpus: 1,
    before: inTurn(writesTo(small(0)), writeProtects(small(0))),
    acts: [
      ['vcpu0', writesToPresent(small(0))],
      ['ager', ages(small(0))],
    ],
  },
  split: {
    says: 'a huge page is aged while a vCPU splits it into small pages',
    vcpus: 1,
    before: writesTo(own(0)),
    acts: [
      ['vcpu0', executes(own(0))],
      ['ager', ages(own(0), 2, 'clear-young')],
    ],
  },
  'root-made': {
    says: 'a page is aged while a vCPU moves to a new root, in a page table that was used before',
    vcpus: 1,
    before: inTurn(executes(own(0)), recovers, reclaims, writesTo(small(0))),
    acts: [
      ['vcpu0', changesRole],
      ['ager', ages(small(0))],
    ],
    nx: { roots: 2, keepsRoots: false },
    isLarge: true,
  },
  recovered: {
    says: 'a page is aged while the page table that it is in is recovered and freed',
    vcpus: 1,
    before: executes(own(0)),
    acts: [
      ['ager', ages(own(0))],
      ['nx-recovery', inTurn(recovers, reclaims)],
    ],
  },
}

const declared: Check = {
  name: 'aging',
  asks: 'Does aging without mmu_lock undo an SPTE change of another CPU, or walk in a freed page table?',
  ...checkedVariants('aging', 'age-lockless', {
    'B-AGESTORE': { finds: ['spte_overwritten', 'skipped_leaf', 'stale_use'], in: 'unmapped' },
    'B-AGERCU': { finds: ['suspicious_rcu_usage'], in: 'recovered' },
    'B-AGEPLAIN': { finds: ['spte_overwritten'], in: 'write-protected' },
  }),
  kernelFaults: {
    'v5.15': { entry: 'tdpMmuAgeSpte', finds: ['spte_overwritten'], in: 'write-protected' },
  },
  configurations: declaredOf(CONFIGURATIONS),
  patience: 1,
  program: (variant, configuration) => {
    const small = CONFIGURATIONS[configuration]!
    return smallProgram(variant, small, { vcpus: small.vcpus, memslots: [ALL], nx: { ...NX, ...small.nx } })
  },
}
export default declared
