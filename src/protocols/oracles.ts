/**
 * The properties that are watched while a protocol runs, in all machines: the reference's names and what each one says. An
 * oracle looks with `cpu.peek` and takes no step, so that the watched protocol and the unwatched one are the same.
 */
export const ORACLES = [
  {
    name: 'stale_install',
    says: 'a fault installed a page that an invalidation had taken back since the fault looked it up',
  },
  { name: 'install_in_progress', says: 'a fault installed a gfn while an invalidation of it was in progress' },
  { name: 'stale_use', says: 'the guest touched a page through its TLB after the host had taken the page back' },
  { name: 'unlock_with_pending_flush', says: 'mmu_lock was released with SPTEs zapped and the TLBs not yet flushed' },
  { name: 'skipped_leaf', says: 'a leaf in the range was still present after invalidate_range_start had returned' },
  { name: 'count_negative', says: 'mmu_invalidate_in_progress, or the count of active invalidations, fell below 0' },
  { name: 'range_unset', says: 'an invalidation was in progress and its range not set, with mmu_lock free' },
  { name: 'leaf_pfn_changed', says: 'a present leaf was replaced by a present leaf with another pfn' },
  { name: 'retry_unbounded', says: 'a fault kept retrying although no invalidation had happened since it began to' },
  { name: 'zap_no_progress', says: 'a zap yielded twice at one gfn, or went back to a root' },
  {
    name: 'exec_before_icache',
    says: 'guest memory became executable before the I-caches had dropped its old content',
  },
  {
    name: 'sleep_in_atomic',
    says: 'a lock that sleeps was taken with mmu_lock held: lockdep says "Invalid wait context"',
  },
  { name: 'alloc_in_atomic', says: 'memory was allocated with GFP_KERNEL with mmu_lock held' },
  {
    name: 'refault_unbounded',
    says: 'a vCPU kept faulting although the entry allowed the access: its TLB was not flushed',
  },
  {
    name: 'slots_changed_inside_pair',
    says: 'the memslots changed between the start and the end of an invalidation that was promised they would not',
  },
  {
    name: 'stale_apic_write',
    says: 'a vCPU loaded the address of an APIC-access page that an invalidation had taken back, or was about to',
  },
  {
    name: 'stale_apic_entry',
    says: 'a guest ran with the address of an APIC-access page that the host had taken back',
  },
  {
    name: 'updater_starved',
    says: 'a memslot update waited for invalidations, for this number of ms, until the end of the trial stopped them',
  },
  { name: 'lost_wakeup', says: 'a memslot update went to sleep when no notifier was left to wake it' },
  { name: 'lock_cycle', says: 'locks were taken in an order in which each task can wait for the next forever' },
  {
    name: 'free_before_flush',
    says: 'a page table was freed, or RCU was left so that it could be, before its TLB entries were flushed',
  },
  { name: 'free_before_grace', says: 'a page table was freed while a walk under RCU was in it' },
  { name: 'flush_lost', says: 'the recovery worker forgot a flush that it owed' },
  { name: 'stale_walk', says: 'the hardware walked through a page table that had been freed' },
  { name: 'root_use_after_free', says: 'a walk continued in a root that had been freed' },
  { name: 'root_wrong_role', says: 'a vCPU was given a root that was made for another role' },
  {
    name: 'root_count_wrong',
    says: 'a root was counted for vCPUs that were not on it, or was not for those that were',
  },
  { name: 'page_table_leak', says: 'a page table was linked nowhere any more, and never freed' },
  { name: 'page_table_twice', says: 'a free page table was freed again, or one in use was taken' },
  { name: 'spte_at_free', says: 'a page table was freed with an entry that was still present' },
  { name: 'rmap_dangling', says: 'a reverse map led to an entry that maps nothing' },
  {
    name: 'suspicious_rcu_usage',
    says: 'page tables were walked outside of an RCU read section: lockdep says "suspicious RCU usage"',
  },
  { name: 'rcu_left_held', says: 'a CPU was in an RCU read section after all roles had ended' },
  {
    name: 'nx_bounce',
    says: 'a huge page took the place of small ones that the guest executes in and that were not recovered',
  },
  { name: 'lock_wrong_side', says: 'mmu_lock was released on a side on which it was not held' },
  { name: 'nx_list_corrupt', says: 'a page was on a list of possible NX huge pages twice, or after its death' },
  { name: 'count_leak', says: 'an invalidation was still counted although its end will not come' },
  { name: 'page_ref_leak', says: 'references to pages were never dropped' },
  { name: 'lock_left_held', says: 'a lock was not free after all roles had ended' },
  {
    name: 'lock_held_in_guest',
    says: 'a vCPU entered the guest with mmu_lock held: lockdep says "lock held when returning to user space"',
  },
  {
    name: 'lock_not_held',
    says: 'a lock was released by a CPU that did not hold it: lockdep says "bad unlock balance detected"',
  },
  { name: 'waiter_left', says: 'a task was still named as the one to be woken after all roles had ended' },
  { name: 'memslot_lost', says: 'the memslots were not those that had been set when an update was over' },
  {
    name: 'generation_wrong',
    says: 'the generation of the memslots did not distinguish a set from the previous one, or from one in preparation',
  },
  { name: 'emulated_memory', says: 'a fault on memory of a memslot was treated as MMIO' },
  { name: 'wrong_page', says: 'a fault looked up, or mapped, a page other than that of its memslot' },
  { name: 'table_not_linked', says: 'a fault continued in a page table that nothing points to' },
  { name: 'page_not_taken_back', says: 'the host was to change a page between start and end, and it was as before' },
  {
    name: 'pte_not_locked',
    says: 'a stage-2 entry was installed without break-before-make: WARN_ON(!stage2_pte_is_locked())',
  },
  {
    name: 'wrong_attribute',
    says: 'the guest used shared memory behind a private gfn, or guest_memfd behind a shared one',
  },
  {
    name: 'attribute_lost',
    says: 'memory was to become private or shared, and was not when KVM_SET_MEMORY_ATTRIBUTES was over',
  },
  {
    name: 'spte_overwritten',
    says: 'an SPTE store overwrote a change that another CPU had made since the SPTE was read',
  },
  {
    name: 'yield_in_nonblock',
    says: 'an invalidation that may not block dropped mmu_lock, or slept',
  },
  {
    name: 'stale_pfncache',
    says: 'a gfn_to_pfn_cache was valid, or used, for a page that the host had taken back or was about to',
  },
  {
    name: 'mapped_after_release',
    says: 'memory was mapped when kvm_mmu_notifier_release() had returned, and the host was about to free it',
  },
  {
    name: 'dirty_lost',
    says: 'the guest had written to a page since the VMM copied it, and the dirty log did not contain the page',
  },
] as const

export type OracleName = (typeof ORACLES)[number]['name']

export const ORACLE = Object.fromEntries(ORACLES.map(({ name }, index) => [name, index])) as {
  readonly [N in OracleName]: number
}
