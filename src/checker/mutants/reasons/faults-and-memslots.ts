import type { WhyNot } from '../why-not.ts'

const file = (name: string) => `protocols/${name}.js`

const SPIN = 'the updater polls under mn_invalidate_lock, where it should sleep: a busy wait, and still correct'
const REFILLS =
  'a CPU fetches its instructions again after IC IALLUIS, which costs time, charged by the model; the guest cannot observe it'

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
    why: 'cpu_relax() before a fair lock: a CPU that already waits gets it first anyway',
  },
  {
    file: file('vcpu-run'),
    in: 'isKicked',
    code: /vcpu\.mode/,
    verdict: 'equivalent',
    why: 'the guest exits as if it were interrupted, and enters again: an unneeded VM exit',
  },
  { file: file('memslots/swap'), code: /rcuwait\.setUninterruptible\(/i, verdict: 'survived', why: SPIN },
  { file: file('memslots/swap'), code: /rcuwait\.schedule\(/i, verdict: 'survived', why: SPIN },
  {
    file: file('memslots/memslots'),
    in: 'rmap',
    code: /FIELD\.rmap/,
    verdict: 'survived',
    why: 'with 0 for all, slots would share one reverse map; here the shadow MMU maps memory of one slot only, so its map is still found',
  },
  {
    file: file('apic/migration'),
    code: /memslots\.endGfn/,
    verdict: 'equivalent',
    why: 'the end of one page: only the oracle after invalidate_range_start reads it',
  },
  {
    file: file('apic/migration'),
    code: /host\.move/,
    verdict: 'survived',
    why: 'the host does not move the page, so its address never becomes stale',
  },
  {
    file: file('apic/migration'),
    code: /host\.isReferenced/,
    verdict: 'survived',
    why: 'only a reload holds a reference, and the move is tried again; in the variant pinned, which holds one, the mutant is killed',
  },
  {
    file: file('host-mm'),
    in: 'isReferenced',
    code: /#ref/,
    verdict: 'survived',
    why: 'only a reload holds a reference, and the move is tried again; in the variant pinned, which holds one, the mutant is killed',
  },
  {
    file: file('host-mm'),
    in: 'isReferenced',
    code: /#pte/,
    verdict: 'survived',
    why: 'says in which of its two frames the page is: a page whose references are checked has never moved here',
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
    why: 'a vCPU that wrongly treats an entry as empty fails in the CAS, and faults again; an entry with another pfn was zapped by an invalidation before',
  },
  { file: file('stage2/guest'), code: /refillIcache|icacheEpoch/, verdict: 'equivalent', why: REFILLS },
  { file: file('stage2/icache'), code: /icacheEpoch/, verdict: 'equivalent', why: REFILLS },
]
