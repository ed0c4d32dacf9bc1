import type { WhyNot } from '../why-not.ts'

const file = (name: string) => `protocols/${name}.js`

const SPIN =
  'the updater looks again and again under mn_invalidate_lock, where it should sleep: that is busy, and never wrong'
const REFILLS = 'what a CPU has to fetch again after IC IALLUIS costs time, which the model charges; no guest can tell'

/** All but the NX recovery: faults, notifiers, memslots, the APIC-access page, stage 2. */
export const OF_FAULTS_AND_MEMSLOTS: readonly WhyNot[] = [
  {
    file: file('zap'),
    in: 'rmapCondResched',
    code: /kvm\.rwlockNeedbreak\(/,
    verdict: 'equivalent',
    why: 'no yield: that is the variant no-yield, which is correct',
  },
  {
    file: file('resched'),
    code: /^cpu\.pause\(/,
    verdict: 'equivalent',
    why: 'cpu_relax() before a lock that is fair: a CPU that already waits gets it first all the same',
  },
  {
    file: file('vcpu-run'),
    in: 'isKicked',
    code: /vcpu\.mode/,
    verdict: 'equivalent',
    why: 'a guest that takes itself to be interrupted leaves and comes back: a VM exit for nothing',
  },
  { file: file('memslots/swap'), code: /rcuwait\.setUninterruptible\(/i, verdict: 'survived', why: SPIN },
  { file: file('memslots/swap'), code: /rcuwait\.schedule\(/i, verdict: 'survived', why: SPIN },
  {
    file: file('memslots/memslots'),
    in: 'rmap',
    code: /FIELD\.rmap/,
    verdict: 'survived',
    why: 'with 0 for all, slots would share one reverse map; the shadow MMU maps memory of one slot only here, which is found where it was put',
  },
  {
    file: file('apic/migration'),
    code: /memslots\.endGfn/,
    verdict: 'equivalent',
    why: 'the end of one page: only the oracle behind invalidate_range_start looks at it',
  },
  {
    file: file('apic/migration'),
    code: /host\.move/,
    verdict: 'survived',
    why: 'the host does not move the page: then no address of it is ever stale',
  },
  {
    file: file('apic/migration'),
    code: /host\.isReferenced/,
    verdict: 'survived',
    why: 'nothing but a reload holds a reference, and it will try again; in the variant pinned, which holds one, the mutant is killed',
  },
  {
    file: file('host-mm'),
    in: 'isReferenced',
    code: /#ref/,
    verdict: 'survived',
    why: 'nothing but a reload holds a reference, and it will try again; in the variant pinned, which holds one, the mutant is killed',
  },
  {
    file: file('host-mm'),
    in: 'isReferenced',
    code: /#pte/,
    verdict: 'survived',
    why: 'says which of its two frames the page is in: a page with references that are looked for has never moved here',
  },
  {
    file: file('apic/reload'),
    code: /memslots\.isInvalid/,
    verdict: 'survived',
    why: 'the memslot of the APIC-access page goes only when APICv is inhibited for good, which is not re-created',
  },
  {
    file: file('stage2/map'),
    in: 'mapPages',
    code: /loadAcquire\(ptep\)/,
    verdict: 'survived',
    why: 'a vCPU that wrongly takes an entry to be empty loses the CAS, and faults again; another pfn was taken away by an invalidation before',
  },
  { file: file('stage2/guest'), code: /refillIcache|icacheEpoch/, verdict: 'equivalent', why: REFILLS },
  { file: file('stage2/icache'), code: /icacheEpoch/, verdict: 'equivalent', why: REFILLS },
]
