import type { WhyNot } from './why-not.ts'

const COUNTED =
  'the page is counted: faultin() takes a reference by an atomic operation, a full barrier, and looks at the entry again behind it; see uncounted'
const SLOTS_LOCK = 'only updates write it, and slots_lock is held'
const EXCHANGED =
  'an older value makes the cmpxchg() of the same word that follows fail, which is a barrier for the compiler'
const HARDWARE_WALK =
  'the hardware walks in guest mode, which smp_mb() comes before: a CPU that changes an entry after that makes the vCPU leave and flush before it goes on'
const SRCU = 'srcu_read_lock(), which follows, is a full barrier'

const OWN_LOOK =
  'this CPU has just loaded or set the same word, so it finds nothing older; the entries of a table are found by the value, which orders them on every machine but Alpha'

/** Why no check notices that an access, or a barrier, orders less than it did. The first that fits counts. */
export const WHY_NOT_OF_ORDER: readonly WhyNot[] = [
  {
    kind: 'plain',
    code: /^cpu\.store\(/,
    verdict: 'survived',
    why: 'a plain store is delayed as a WRITE_ONCE is; that a compiler may tear it, merge it or make it up is nothing that these models do',
  },

  // Barriers.
  { in: 'reloadApicAccessPage', code: /^cpu\.barrier\(RMB/, verdict: 'equivalent', why: COUNTED },
  { in: 'lookUp', code: /^cpu\.barrier\(RMB/, verdict: 'equivalent', why: COUNTED },
  {
    in: 'checkRequest',
    code: /^cpu\.barrier\(MB/,
    verdict: 'equivalent',
    why: 'a TLB flush looks at no word, and what is read to enter the guest comes after srcu_read_unlock() and smp_mb(); the APIC page is looked up behind an smp_rmb() and checked under mmu_lock',
  },
  { in: 'exitGuest', code: /^cpu\.barrier\(WMB/, verdict: 'equivalent', why: SRCU },
  { in: 'tryToEnter', code: /^cpu\.barrier\(WMB/, verdict: 'equivalent', why: SRCU },

  // READ_ONCE: relaxed memory satisfies any load early, so that it is missed only where a loop looks again and again.
  {
    in: 'faultin',
    code: /^cpu\.load\(word/,
    kind: 'plain',
    verdict: 'equivalent',
    why: 'it is looked at again only after an atomic operation, which is a barrier for the compiler too',
  },
  {
    in: 'follow',
    code: /./,
    kind: 'plain',
    verdict: 'equivalent',
    why: 'looked at once, and kept in place by an smp_rmb() before it and one after it',
  },
  { in: 'move', code: /^cpu\.load\(word/, kind: 'plain', verdict: 'equivalent', why: EXCHANGED },
  {
    in: 'isReferenced',
    code: /./,
    kind: 'plain',
    verdict: 'equivalent',
    why: 'asked once, without a lock: a reference that is taken while it is asked may be missed anyway',
  },
  { in: 'prepareNext', code: /this\.active/, kind: 'plain', verdict: 'equivalent', why: SLOTS_LOCK },
  { in: 'markUpdateInProgress', code: /this\.active/, kind: 'plain', verdict: 'equivalent', why: SLOTS_LOCK },
  { in: 'publish', code: /this\.active/, kind: 'plain', verdict: 'equivalent', why: SLOTS_LOCK },
  { in: 'finishUpdate', code: /this\.active/, kind: 'plain', verdict: 'equivalent', why: SLOTS_LOCK },
  {
    in: 'enterSubscriptions',
    code: /registered/,
    verdict: 'equivalent',
    why: 'read once, behind srcu_read_lock(), a full barrier: unregistering waits for the callbacks that may have missed it',
  },
  {
    in: 'disallowedChild',
    code: /./,
    verdict: 'equivalent',
    why: 'read once on the way down, in no loop: there is nothing to hoist',
  },
  { in: 'takeUnused', code: /^cpu\.load/, verdict: 'equivalent', why: EXCHANGED },
  { in: 'get', file: 'protocols/nx/roots.js', code: /^cpu\.load/, verdict: 'equivalent', why: EXCHANGED },
  {
    file: 'protocols/nx/nx-pages.js',
    in: 'isRootObsolete',
    kind: 'plain',
    code: /./,
    verdict: 'equivalent',
    why: 'asked once a fault, with mmu_lock held on one side: the owner of the other side gives roots up',
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'putRoot',
    kind: 'plain',
    code: /roots\.invalid/,
    verdict: 'equivalent',
    why: 'asked once, of a root whose last reference is gone, behind the atomic operation that dropped it',
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'getRootOf',
    kind: 'plain',
    code: /roots\.invalid\(root\)/,
    verdict: 'equivalent',
    why: 'read once for each root, with mmu_lock held on one side: the owner of the other side gives roots up',
  },
  {
    in: 'nr',
    code: /^cpu\.load/,
    verdict: 'equivalent',
    why: 'read once a round: a measure of how many to take, no more',
  },
  {
    in: 'tdpMmuZapPossibleNxHugePage',
    code: /^cpu\.load\(sptep/,
    verdict: 'equivalent',
    why: 'read once, in no loop: there is nothing to hoist, and the cmpxchg() that follows decides',
  },
  {
    in: 'prepareZapPage',
    code: /^cpu\.load\(sptep/,
    verdict: 'equivalent',
    why: 'read once with mmu_lock held for write, and made NONPRESENT whatever it holds',
  },
  {
    in: 'checkRequest',
    code: /^cpu\.load/,
    verdict: 'equivalent',
    why: 'read once: a request that is missed here is found behind the smp_mb() of the entry, and the entry given up',
  },
  {
    in: 'serviceRequests',
    code: /^cpu\.load/,
    verdict: 'equivalent',
    why: 'read once: a request that is missed here is found behind the smp_mb() of the entry, and the entry given up',
  },
  {
    in: 'tryToEnter',
    code: /^cpu\.load/,
    verdict: 'equivalent',
    why: 'smp_mb() stands right before it, in each round of the loop',
  },
  {
    in: 'isKicked',
    code: /^cpu\.load/,
    verdict: 'equivalent',
    why: 'it stands for the arrival of an IPI: no loop asks it without an exit, and its barriers, in between',
  },
  {
    in: 'invalidateRetryGfnUnsafe',
    code: /invalidateSeq/,
    verdict: 'equivalent',
    why: 'a pre-check is a hint: an older sequence costs an early retry that was missed, and the check under mmu_lock decides',
  },
  {
    in: 'invalidateRetry',
    code: /invalidateInProgress/,
    kind: 'plain',
    verdict: 'equivalent',
    why: 'read once in a round, and smp_rmb() behind it keeps it before the sequence; under mmu_lock nothing else is needed',
  },
  {
    in: 'invalidateRetry',
    code: /invalidateSeq/,
    kind: 'plain',
    verdict: 'equivalent',
    why: 'smp_rmb() stands right before it',
  },
  {
    in: 'accessStage2',
    code: /tlbEpoch/,
    kind: 'plain',
    verdict: 'equivalent',
    why: 'a barrier stands right before it, in each round of the loop',
  },

  // Acquire and release.
  { in: 'walkAndMap', kind: 'relaxed', code: /./, verdict: 'equivalent', why: EXCHANGED },
  { in: 'fastWalk', kind: 'relaxed', code: /./, verdict: 'equivalent', why: EXCHANGED },
  { in: 'walkToLeaf', kind: 'relaxed', code: /./, verdict: 'equivalent', why: EXCHANGED },
  { in: 'stage2Map', kind: 'relaxed', code: /./, verdict: 'equivalent', why: EXCHANGED },
  { in: 'goDown', kind: 'relaxed', code: /./, verdict: 'equivalent', why: OWN_LOOK },
  { in: 'mapPages', kind: 'relaxed', code: /loadAcquire/, verdict: 'equivalent', why: EXCHANGED },
  {
    in: 'mapLeaf',
    kind: 'relaxed',
    code: /^cpu\.storeRelease/,
    verdict: 'equivalent',
    why: 'nothing is stored between it and the cmpxchg() that locked the entry but by atomic operations: the maintenance of TLBs and I-caches',
  },
  {
    in: 'dereference',
    kind: 'relaxed',
    code: /./,
    verdict: 'equivalent',
    why: 'a pair is counted first, under mn_invalidate_lock: the memslots stay as they were when that was taken, which acquires',
  },
  { in: 'directMap', kind: 'relaxed', code: /./, verdict: 'equivalent', why: 'mmu_lock is held for write' },
  { in: 'unmapInBlock', kind: 'relaxed', code: /./, verdict: 'equivalent', why: 'mmu_lock is held for write' },
  {
    in: 'lockFreeWalkEnd',
    kind: 'relaxed',
    code: /./,
    verdict: 'survived',
    why: 'it keeps the loads of the walk before the store, and in none of these models does a store pass a load: no load buffering',
  },
  {
    in: 'tryToEnter',
    kind: 'relaxed',
    code: /^cpu\.storeRelease/,
    verdict: 'equivalent',
    why: 'srcu_read_unlock() and smp_mb() follow, and nothing that others look at is stored before it but by atomic operations',
  },
  {
    in: 'walk',
    file: 'protocols/stage2/guest.js',
    kind: 'relaxed',
    code: /blockEntry/,
    verdict: 'equivalent',
    why: 'the epoch of TLBIs, which acquires, is read before it: a TLBI since then voids what the walk has found',
  },
  {
    in: 'refillIcache',
    kind: 'relaxed',
    code: /./,
    verdict: 'equivalent',
    why: 'it says only what a refill costs: whether what is executed is stale the I-cache oracle says by the entry',
  },
  {
    in: 'walk',
    file: 'protocols/guest-access.js',
    kind: 'relaxed',
    code: /./,
    verdict: 'equivalent',
    why: HARDWARE_WALK,
  },
  { in: 'walkFromRoot', kind: 'relaxed', code: /./, verdict: 'equivalent', why: HARDWARE_WALK },
  { in: 'walkThroughPsc', kind: 'relaxed', code: /./, verdict: 'equivalent', why: HARDWARE_WALK },
  {
    file: 'protocols/stage2/guest.js',
    in: 'walk',
    kind: 'relaxed',
    code: /pageEntry/,
    verdict: 'equivalent',
    why: 'smp_rmb() in accessStage2() stands between it and whatever is looked at next',
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'makeRoot',
    kind: 'relaxed',
    code: /^cpu\.storeRelease\(nx\.roots\.table\(free\)/,
    verdict: 'survived',
    why: 'publishes an empty table to walks over the roots without a lock: in left-root and left-listed there are none meanwhile',
  },
  {
    file: 'protocols/stage2/map.js',
    in: 'linkTable',
    kind: 'relaxed',
    code: /^cpu\.storeRelease/,
    verdict: 'survived',
    why: 'in the kernel it publishes the zeroes of a new page; here a table is zero from the beginning, and nothing is written to it before it is linked',
  },
  {
    file: 'protocols/host-mm.js',
    in: 'follow',
    code: /^cpu\.barrier\(RMB\)/,
    verdict: 'survived',
    why: 'the lock of the page table, which is not re-created; the look at the sequence has a barrier of its own before it, in invalidateRetry()',
  },
]
