import { EXCHANGED, type WhyNot } from '../why-not.ts'

const HARDWARE_WALK =
  'the hardware walks in guest mode, which smp_mb() comes before: a CPU that changes an entry after that makes the vCPU leave and flush before it goes on'
const EMPTY_ROOT =
  'a walk under RCU that finds a new root early finds it empty anyway: the entries of a page table are cleared before the grace period after which it is reused, and the grace period waits for the walk; root-made holds without the order'

const OWN_LOOK =
  'this CPU has just loaded or set the same word, so it finds nothing older; the entries of a table are found through the value, an address dependency that orders them on every machine but Alpha'

/** Why no check notices that a step neither acquires nor releases. The first that fits counts. */
export const OF_RELEASE: readonly WhyNot[] = [
  {
    file: 'protocols/nx/roots.js',
    in: 'validTableOf',
    kind: 'relaxed',
    code: /this\.table/,
    verdict: 'equivalent',
    why: EMPTY_ROOT,
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'getRootOf',
    kind: 'relaxed',
    code: /nx\.roots\.table/,
    verdict: 'survived',
    why: 'an older role or count hides a new root, and the search is repeated under tdp_mmu_pages_lock; in these configurations no root replaces one of another role at the same time',
  },
  {
    file: 'protocols/vcpu-run.js',
    in: 'loadFirstRoot',
    kind: 'relaxed',
    code: /shadowRootAllocated/,
    verdict: 'survived',
    why: 'in the kernel it publishes the reverse maps of all memslots, which are allocated then; here they exist from the beginning',
  },
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
    why: 'between it and the cmpxchg() that locked the entry only atomic operations store: the maintenance of TLBs and I-caches',
  },
  {
    in: 'dereference',
    kind: 'relaxed',
    code: /./,
    verdict: 'equivalent',
    why: 'a pair is counted first, under mn_invalidate_lock, whose acquire orders the load: the memslots do not change after that',
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
    why: 'srcu_read_unlock() and smp_mb() follow, and all shared stores before it are atomic operations',
  },
  {
    in: 'walk',
    file: 'protocols/stage2/guest.js',
    kind: 'relaxed',
    code: /blockEntry/,
    verdict: 'equivalent',
    why: 'the epoch of TLBIs is read before it with acquire: a TLBI since then makes the result of the walk void',
  },
  {
    in: 'refillIcache',
    kind: 'relaxed',
    code: /./,
    verdict: 'equivalent',
    why: 'it only determines the cost of a refill: the I-cache oracle finds stale code by the entry',
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
    why: 'smp_rmb() in accessStage2() is between it and the next loads',
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'makeRoot',
    kind: 'relaxed',
    code: /^cpu\.storeRelease\(nx\.roots\.table\(free\)/,
    verdict: 'equivalent',
    why: EMPTY_ROOT,
  },
  {
    file: 'protocols/stage2/map.js',
    in: 'linkTable',
    kind: 'relaxed',
    code: /^cpu\.storeRelease/,
    verdict: 'survived',
    why: 'in the kernel it publishes the zeroes of a new page; here a table is zero from the beginning, and nothing is written to it before it is linked',
  },
]
