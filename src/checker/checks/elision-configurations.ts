import { V5_11 } from '../../protocols/kernels.ts'
import type { MemslotConfig } from '../../protocols/memslots/memslot.ts'
import { mmuNotifierRelease } from '../../protocols/memslots/release.ts'
import {
  BELOW,
  comesAndGoes,
  creates,
  deletes,
  ELSEWHERE,
  faults,
  GFN,
  invalidates,
  invalidatesOwn,
  mapsOwn,
  moves,
  mustFault,
  notifies,
  notifiesInMm,
  notifiesNested,
  OUTSIDE,
  OWN,
  reaps,
  refreshesCache,
  reloads,
  removes,
  SPARE,
  sets,
  usesCache,
  WIDE,
  writesTo,
} from './elision-acts.ts'
import type { SmallConfiguration } from './small-configuration.ts'
import { inTurn } from './vm-program.ts'

type Small = SmallConfiguration & {
  readonly vcpus: 0 | 1 | 2
  readonly pseudoLock?: 'mutex'
  readonly isDestroyed?: true
  readonly memslots?: readonly MemslotConfig[]
  readonly zap?: 'all'
  readonly mmu?: 'shadow'
  readonly pfnCaches?: readonly number[]
  /** Its pages are not reference-counted: no reference orders the result of a look-up. */
  readonly isPfnmap?: true
}

/** In a kernel that has such caches one is used. */
const usesOfCaches: Small['counts'] = ({ gpcRefresh }) => (gpcRefresh === V5_11.kvm.gpcRefresh ? [] : ['pfncache_uses'])

const ONE_CACHE: Small = {
  says: 'KVM uses a page of the guest by a gfn_to_pfn_cache while a notifier invalidates it',
  vcpus: 0,
  acts: [
    ['user', usesCache],
    ['notifier', invalidatesOwn],
  ],
  pfnCaches: [GFN],
  counts: usesOfCaches,
}

export const CONFIGURATIONS: Readonly<Record<string, Small>> = {
  spare: {
    says: 'a notifier invalidates memory of a slot that an updater adds',
    vcpus: 0,
    acts: [
      ['notifier', notifies(SPARE.hva)],
      ['updater', creates],
    ],
  },
  outside: {
    says: 'a notifier invalidates memory that no slot maps while an updater adds one',
    vcpus: 0,
    acts: [
      ['notifier', notifies(OUTSIDE)],
      ['updater', creates],
    ],
  },
  fault: {
    says: 'a vCPU faults while a notifier invalidates memory that no slot maps and an updater adds one',
    vcpus: 1,
    acts: [
      ['vcpu0', faults(OWN)],
      ['notifier', notifies(OUTSIDE)],
      ['updater', creates],
    ],
  },
  'two-vcpus': {
    says: 'with shadow paging a vCPU faults, another loads its first root, a notifier invalidates memory that no slot maps, and an updater adds one',
    vcpus: 2,
    acts: [
      ['vcpu0', faults(OWN)],
      ['vcpu1', reloads],
      ['notifier', notifies(OUTSIDE)],
      ['updater', creates],
    ],
    mmu: 'shadow',
  },
  overlap: {
    says: 'two notifiers that hold a lock of the mm in their callbacks, and an updater',
    vcpus: 0,
    acts: [
      ['notifier0', notifies(OUTSIDE)],
      ['notifier1', notifies(OUTSIDE)],
      ['updater', creates],
    ],
    pseudoLock: 'mutex',
  },
  nested: {
    says: 'a notifier raises a pair within a pair, as change_pmd_range does, and an updater adds a slot',
    vcpus: 0,
    acts: [
      ['notifier', notifiesNested(OUTSIDE)],
      ['updater', creates],
    ],
  },
  reload: {
    says: 'a vCPU loads its first root with shadow paging, and with SRCU held, while an updater adds a slot',
    vcpus: 1,
    acts: [
      ['vcpu0', reloads],
      ['updater', creates],
    ],
    mmu: 'shadow',
  },
  deleted: {
    says: 'a vCPU faults on a slot that an updater adds and removes',
    vcpus: 1,
    acts: [
      ['vcpu0', faults(SPARE)],
      ['updater', inTurn(creates, deletes)],
    ],
  },
  reused: {
    says: 'a vCPU faults on a slot whose table entry is reused for another slot that an updater adds and removes',
    vcpus: 1,
    acts: [
      ['vcpu0', faults(OWN)],
      ['updater', inTurn(sets(BELOW), removes(BELOW))],
    ],
  },
  moved: {
    says: 'a vCPU faults on a slot, and where an updater moves it to before it removes it',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(faults(SPARE), faults(SPARE, ELSEWHERE))],
      ['updater', inTurn(creates, moves, deletes)],
    ],
  },
  mapped: {
    says: 'a VMM adds a slot, and its vCPU faults on it, while a notifier invalidates its memory',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(creates, mustFault(SPARE))],
      ['notifier', invalidates(SPARE)],
    ],
  },
  'given-up': {
    says: 'a guest writes to a page while an updater adds a slot and removes it, and everything that is mapped goes with it',
    vcpus: 1,
    acts: [
      ['vcpu0', writesTo(OWN)],
      ['updater', inTurn(creates, deletes)],
    ],
    zap: 'all',
    isLarge: true,
  },
  released: {
    says: 'the process of a VM exits, after which none of its memory may stay mapped, while another user of the VM adds a slot',
    vcpus: 1,
    acts: [['exit', inTurn(mapsOwn, mmuNotifierRelease, creates)]],
    zap: 'all',
  },
  pfncache: ONE_CACHE,
  'pfncache-uncounted': { ...ONE_CACHE, says: 'the same with a page that is not counted', isPfnmap: true },
  'pfncache-shared': {
    says: 'one task uses a page by a gfn_to_pfn_cache that another task refreshes although it is valid, and then invalidates',
    vcpus: 0,
    before: refreshesCache,
    acts: [
      ['user', usesCache],
      ['refresher', inTurn(refreshesCache, invalidatesOwn)],
    ],
    pfnCaches: [GFN],
    counts: usesOfCaches,
  },
  'pfncache-three': {
    says: 'the same while a notifier invalidates',
    vcpus: 0,
    before: refreshesCache,
    acts: [
      ['user', usesCache],
      ['refresher', refreshesCache],
      ['notifier', invalidatesOwn],
    ],
    pfnCaches: [GFN],
    isLarge: true,
  },
  uncounted: {
    says: 'a vCPU faults on a page that is not counted while a notifier invalidates it',
    vcpus: 1,
    acts: [
      ['vcpu0', faults(OWN)],
      ['notifier', invalidatesOwn],
    ],
    isPfnmap: true,
  },
  nonblock: {
    says: 'a vCPU faults on two pages, one after the other, while a task that may not block invalidates them',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(faults(WIDE), faults(WIDE, GFN + 1, 1))],
      ['reaper', reaps(WIDE)],
    ],
    memslots: [WIDE],
  },
  'two-updaters': {
    says: 'two updaters add a slot each',
    vcpus: 0,
    acts: [
      ['updater0', creates],
      ['updater1', sets(BELOW)],
    ],
  },
  destroyed: {
    says: 'a VM is created, destroyed and created again while a task of its mm invalidates memory that no slot maps',
    vcpus: 0,
    acts: [
      ['notifier', notifiesInMm(OUTSIDE)],
      ['owner', comesAndGoes],
    ],
    isDestroyed: true,
  },
  'destroyed-inside': {
    says: 'the same while that task invalidates memory of a slot of the VM',
    vcpus: 0,
    acts: [
      ['notifier', notifiesInMm(SPARE.hva)],
      ['owner', comesAndGoes],
    ],
    isDestroyed: true,
  },
}
