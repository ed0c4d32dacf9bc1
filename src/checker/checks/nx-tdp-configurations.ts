import { shadowFastPageFault } from '../../protocols/versions/v5.12.ts'
import type { Gfn } from '../../shared-memory/addresses.ts'
import { entersGuest, leavesGuest, writesInGuest } from './guest-acts.ts'
import {
  changesRole,
  executes,
  inGuest,
  reclaims,
  recovers,
  takes,
  takesBack,
  touches,
  unmaps,
  usesUpTables,
  waitsToWrite,
  writeProtects,
  writesTo,
  writesToPresent,
} from './nx-acts.ts'
import { FIRST_GFN, FIRST_HVA, GIB, own, type Small, small } from './nx-small-vm.ts'
import { inTurn } from './vm-program.ts'

const ROOT_ENTRY = 1 << 27
/** Memory below three entries of a root. */
const REGIONS = [0, 1, 2].map((entry) => ({
  slot: entry,
  baseGfn: own(0) + entry * ROOT_ENTRY,
  hva: entry * 4,
  pages: 1,
}))
const LEAVES_ROOTS = { roots: 2, keepsRoots: false }

/** For the TDP MMU alone. */
export const TDP_CONFIGURATIONS: Readonly<Record<string, Small>> = {
  walked: {
    says: 'a vCPU walks through a page table while it is recovered and freed',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(inGuest(own(0)), touches(own(0, 1)), leavesGuest)],
      ['nx-recovery', inTurn(recovers, reclaims)],
    ],
    counts: ['nx_lpage_splits', 'nx_zapped_tdp'],
  },
  'two-tables': {
    says: 'a vCPU causes two page tables to be created and writes to memory of the second one while they are recovered',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(executes(own(0)), executes(own(1)), writesTo(own(1, 1)))],
      ['nx-recovery', recovers],
    ],
    counts: ['nx_lpage_splits', 'nx_zapped_tdp'],
  },
  'two-vcpus': {
    says: 'two vCPUs execute in a huge page each while page tables are recovered',
    vcpus: 2,
    acts: [
      ['vcpu0', executes(own(0))],
      ['vcpu1', executes(own(1))],
      ['nx-recovery', recovers],
    ],
  },
  wanted: {
    says: 'another task wants mmu_lock while page tables are recovered',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(executes(own(0)), executes(own(1)))],
      ['nx-recovery', recovers],
      ['writer', waitsToWrite],
    ],
    counts: ['yield_needbreak'],
  },
  'used-up': {
    says: 'a CPU alternately executes and recovers, once for each page table',
    vcpus: 1,
    acts: [['vcpu0', usesUpTables]],
    patience: 100,
  },
  replaced: {
    says: 'a vCPU writes to memory where it has executed while that memory is recovered, and uses a freed table again',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(executes(own(0)), writesTo(own(0, 1)), reclaims)],
      ['nx-recovery', recovers],
    ],
  },
  'lock-free': {
    says: 'a vCPU reads an entry without mmu_lock while its page table is recovered and freed',
    vcpus: 1,
    before: inTurn(executes(own(0)), writeProtects(own(0))),
    acts: [
      ['vcpu0', writesToPresent(own(0))],
      ['nx-recovery', inTurn(recovers, reclaims)],
    ],
    counts: ({ fastPageFault }) => (fastPageFault === shadowFastPageFault ? [] : ['pf_fast']),
  },
  'unmap-wanted': {
    says: 'another task wants mmu_lock while a notifier unmaps',
    vcpus: 1,
    before: inTurn(writesTo(small(0)), writesTo(small(1))),
    acts: [
      ['notifier', unmaps(small(0), 2)],
      ['writer', waitsToWrite],
    ],
    counts: ['yield_needbreak', 'tlb_flush_remote_yield'],
  },
  'free-list': {
    says: 'two CPUs take freed page tables at the same time, and give one back',
    vcpus: 0,
    before: takes(2, 2),
    acts: [
      ['cpu0', takes(1, 0)],
      ['cpu1', takes(2, 1)],
    ],
  },
  'two-roots': {
    says: 'a notifier unmaps in two roots, in one of which a vCPU faults, while another task wants mmu_lock',
    vcpus: 1,
    before: inTurn(writesTo(small(0)), changesRole, writesTo(small(1))),
    acts: [
      ['vcpu0', writesTo(small(1))],
      ['notifier', unmaps(small(0), 2)],
      ['writer', waitsToWrite],
    ],
    nx: { roots: 2 },
  },
  'both-roots': {
    says: 'a notifier unmaps in two roots while the vCPU goes back to the first',
    vcpus: 1,
    before: inTurn(writesTo(small(0)), changesRole, writesTo(small(0)), changesRole),
    acts: [
      ['vcpu0', inTurn(changesRole, writesTo(small(1)))],
      ['notifier', unmaps(small(0), 2)],
    ],
    nx: { roots: 2 },
  },
  'split-used': {
    says: 'a vCPU writes through its TLB entry of a huge page that another vCPU splits and that the host takes back',
    vcpus: 2,
    before: writesTo(own(0)),
    acts: [
      ['vcpu0', inTurn(entersGuest, writesInGuest(own(0, 1)), writesInGuest(own(0, 1)), leavesGuest)],
      ['vcpu1', inTurn(executes(own(0)), takesBack(own(0, 1), 1))],
    ],
    counts: ['nx_lpage_splits'],
  },
  'linked-below': {
    says: 'a vCPU creates a page table below one that is recovered at the same time',
    vcpus: 1,
    acts: [
      ['vcpu0', executes(own(0))],
      ['nx-recovery', inTurn(recovers, reclaims)],
    ],
    nx: { hugeBlocks: 1, hugeLevel: 3, nestedGfn: own(GIB / 512) },
    memslots: [{ slot: 0, baseGfn: FIRST_GFN, hva: FIRST_HVA, pages: GIB }],
  },
  'left-root': {
    says: 'a vCPU maps below three entries of a root and leaves it, while another task wants mmu_lock',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(...REGIONS.map(({ baseGfn }) => writesTo(baseGfn as Gfn)), changesRole)],
      ['writer', waitsToWrite],
    ],
    nx: { ...LEAVES_ROOTS, hugeBlocks: 0 },
    memslots: REGIONS,
    counts: ['yield_needbreak'],
  },
  'left-listed': {
    says: 'a vCPU leaves a root below which there are page tables to be recovered, and leaves the next one too',
    vcpus: 1,
    acts: [
      [
        'vcpu0',
        inTurn(inGuest(own(0)), leavesGuest, changesRole, recovers, executes(own(1)), executes(own(0)), changesRole),
      ],
    ],
    nx: LEAVES_ROOTS,
  },
  'unmapped-root': {
    says: 'the last vCPU leaves a root in which a notifier unmaps',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(writesTo(small(0)), changesRole)],
      ['notifier', unmaps(small(0), 2)],
    ],
    nx: LEAVES_ROOTS,
  },
}
