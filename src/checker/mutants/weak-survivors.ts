import { OF_RELEASE } from './reasons/release.ts'
import { OF_STAGE2_TABLES_ORDER } from './reasons/stage2-tables.ts'
import { EXCHANGED, type WhyNot } from './why-not.ts'

const COUNTED =
  'the page is counted: faultin() takes a reference by an atomic operation, a full barrier, and looks at the entry again behind it; see uncounted'
const SLOTS_LOCK = 'only updates write it, and slots_lock is held'
const SRCU = 'srcu_read_lock(), which follows, is a full barrier'

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

  {
    file: 'protocols/nx/root-walk.js',
    in: 'freeSlot',
    kind: 'plain',
    code: /nx\.roots\.table/,
    verdict: 'equivalent',
    why: 'read once for each root, with tdp_mmu_pages_lock held, without which none is made',
  },
  {
    file: 'protocols/attributes/mem-attributes.js',
    in: 'isPrivate',
    kind: 'plain',
    code: /^cpu\.load/,
    verdict: 'equivalent',
    why: 'read twice a fault, in no loop: the first look is a hint, and smp_rmb() stands before the second, which counts',
  },
  {
    file: 'protocols/attributes/set-attributes.js',
    in: 'rangeHasAttributes',
    kind: 'plain',
    code: /^cpu\.load/,
    verdict: 'equivalent',
    why: SLOTS_LOCK,
  },
  {
    file: 'protocols/dirty-log/recover.js',
    in: 'makeHugeSpte',
    kind: 'plain',
    code: /^cpu\.load/,
    verdict: 'equivalent',
    why: 'read once before each cmpxchg(), which is a barrier for the compiler; only an owner of mmu_lock for write changes the pfn, which is all that counts of the entry',
  },
  {
    file: 'protocols/nx/roots.js',
    in: 'validTableOf',
    kind: 'plain',
    code: /this\.invalid/,
    verdict: 'equivalent',
    why: 'read once for each root: one that is given up meanwhile is aged in vain, and RCU keeps its page tables',
  },
  {
    file: 'protocols/host-mm.js',
    in: 'follow',
    code: /^cpu\.barrier\(RMB\)/,
    verdict: 'survived',
    why: 'the lock of the page table, which is not re-created; the look at the sequence has a barrier of its own before it, in invalidateRetry()',
  },
  ...OF_STAGE2_TABLES_ORDER,
  ...OF_RELEASE,
]
