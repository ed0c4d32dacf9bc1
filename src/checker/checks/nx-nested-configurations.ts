import { entersGuest, leavesGuest } from './guest-acts.ts'
import { executes, reclaims, recovers, touches, unmaps, waitsToWrite, writesTo, writesToPresent } from './nx-acts.ts'
import { ALL, ELSEWHERE, nested, own, type Small, small } from './nx-small-vm.ts'
import { inTurn } from './vm-program.ts'

const NESTED = { nestedGfn: nested(0), nestedPages: 512 }

/** Configurations in which the shadow MMU maps the memory of a nested guest, and the TDP MMU the rest. */
export const NESTED_CONFIGURATIONS: Readonly<Record<string, Small>> = {
  nested: {
    says: 'a vCPU executes in memory of a nested guest and of its own while both are recovered',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(executes(nested(0)), executes(own(0)))],
      ['nx-recovery', inTurn(recovers, reclaims)],
    ],
    nx: NESTED,
    memslots: [ELSEWHERE, { ...ALL, slot: 1 }],
    counts: ['nx_zapped_tdp', 'nx_zapped_shadow'],
  },
  'nested-lock-free': {
    says: 'a vCPU reads an entry of the shadow MMU without mmu_lock while its page table is freed',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(executes(nested(0)), writesToPresent(nested(1)))],
      ['nx-recovery', recovers],
    ],
    nx: NESTED,
    counts: ['pf_fixed'],
  },
  'nested-walked': {
    says: 'a vCPU enters the guest twice while the page table of the shadow MMU that it walks is recovered and used again',
    vcpus: 1,
    before: inTurn(writesTo(small(0)), executes(nested(0))),
    acts: [
      ['vcpu0', inTurn(entersGuest, touches(nested(0)), leavesGuest, entersGuest, touches(nested(1)), leavesGuest)],
      ['nx-recovery', inTurn(recovers, executes(own(0, 1)))],
    ],
    nx: NESTED,
  },
  'nested-unmapped': {
    says: 'a notifier unmaps memory of a nested guest while more of it is mapped, and it is recovered',
    vcpus: 1,
    before: executes(nested(0)),
    acts: [
      ['vcpu0', inTurn(executes(nested(1)), recovers, executes(own(0)))],
      ['notifier', unmaps(nested(0), 2)],
    ],
    nx: NESTED,
  },
  'nested-wanted': {
    says: 'another task wants mmu_lock while a page table of the shadow MMU is recovered',
    vcpus: 1,
    before: executes(nested(0)),
    acts: [
      ['nx-recovery', recovers],
      ['writer', waitsToWrite],
    ],
    nx: NESTED,
    counts: ['yield_needbreak'],
  },
}
