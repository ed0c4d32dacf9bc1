import type { Variant } from '../scenario.ts'

/** One small list that is recovered all the time, while the guest is at it. */
const BUSY = { 'memory-mib': '16', 'period-us': '0', ratio: '2', 'recoverable-share': '90' }

export const NX_RECOVERY_VARIANTS: readonly Variant[] = [
  {
    kind: 'good',
    name: 'v5.11',
    reference: 's1.5_11',
    says: 'mmu_lock is a spinlock; a page is zapped as a range of gfns, which may yield; what that says of a flush is ignored',
  },
  {
    kind: 'good',
    name: 'write-lock',
    reference: 's1.5_12, after the mail',
    says: 'mmu_lock for write; a range of gfns, which may not yield; tearing down a page table flushes on its own',
  },
  {
    kind: 'good',
    name: 'write-lock-single',
    reference: 'v6.17',
    says: 'mmu_lock for write; the page by itself, and one flush before the lock is dropped',
  },
  {
    kind: 'good',
    name: 'read-lock',
    reference: 's1.6_18, a57750909580',
    says: 'mmu_lock for read and tdp_mmu_pages_lock; the page by itself, by CAS; a list for each MMU',
  },
  {
    kind: 'good',
    name: 'two-lists',
    reference: 's1.two_lists, Sean Christopherson in the mail',
    says: 'v6.17 with a list for each MMU: all of the shadow MMU first, with what is left of the round the TDP MMU',
  },
  {
    kind: 'broken',
    name: 'B-DROP',
    reference: 's1, the result ignored',
    says: 'what the zap of a page says of a flush is ignored',
    caughtBy: ['flush_lost', 'unlock_with_pending_flush', 'free_before_flush'],
    load: BUSY,
  },
  {
    kind: 'broken',
    name: 'B-ROOTS',
    reference: 's1, before a835429cda91',
    says: 'a yield in one root does not know what another root owes',
    caughtBy: ['unlock_with_pending_flush', 'stale_use'],
    load: { ...BUSY, roots: '2', 'leave-root-every': '50', notifiers: '1' },
  },
  {
    kind: 'broken',
    name: 'B-ASSIGN',
    reference: 's1.p2, s1.p3, before 315f02c60d94',
    says: 'the last page of a round decides alone whether to flush',
    caughtBy: ['flush_lost', 'unlock_with_pending_flush', 'free_before_flush'],
    load: { ...BUSY, 'execute-share': '30' },
  },
  {
    kind: 'broken',
    name: 'B-ITER',
    reference: 's1, before 3a0f64de479c',
    says: 'a walk that has yielded steps on from where it restarted',
    caughtBy: ['skipped_leaf'],
    load: { ...BUSY, roots: '2', 'keep-roots': 'no', 'leave-root-every': '50', notifiers: '1', spread: '4' },
  },
  {
    kind: 'broken',
    name: 'B-ROOTWALK',
    reference: 's1, before 7533377215b6',
    says: 'a walk that yields holds no reference to its root',
    caughtBy: ['root_use_after_free'],
    load: { ...BUSY, roots: '2', 'keep-roots': 'no', 'leave-root-every': '20', notifiers: '1' },
  },
  {
    kind: 'broken',
    name: 'B-SIDE',
    reference: 's1.v2bug',
    says: 'the worker holds mmu_lock for read and yields it as if for write',
    caughtBy: ['stall', 'lock_wrong_side'],
    load: { ...BUSY, notifiers: '1' },
  },
  {
    kind: 'broken',
    name: 'B-RCU',
    reference: 's1, flush after rcu_read_unlock()',
    says: 'the worker leaves RCU before it flushes',
    caughtBy: ['free_before_flush', 'stale_walk'],
    load: BUSY,
  },
  {
    kind: 'broken',
    name: 'B-NOTRACKCHK',
    reference: 's1, no look at nx_huge_page_disallowed',
    says: 'a fault puts a page on the list that was torn down meanwhile',
    caughtBy: ['nx_list_corrupt'],
    load: { ...BUSY, huge: '1G', 'memory-mib': '1024' },
  },
]
