/** The meaning of a metric: every metric in the output has one. */
export type MetricKind = {
  readonly unit: string
  readonly better: 'higher' | 'lower' | null
  readonly says: string
}

/** Every metric there is, by the name that the result file gives it. */
export const METRICS = {
  faults_per_second: { unit: '1/s', better: 'higher', says: 'resolved page faults of the guest' },
  faults_per_second_per_vcpu: { unit: '1/s', better: 'higher', says: 'resolved page faults of each vCPU' },
  retries_per_fault: { unit: '1', better: 'lower', says: 'RETRYs of vCPUs for each fault that was resolved' },
  retries_before_pfn_per_fault: {
    unit: '1',
    better: null,
    says: 'RETRYs found before the pfn lookup, without mmu_lock',
  },
  retries_after_pfn_per_fault: { unit: '1', better: null, says: 'RETRYs found after the pfn lookup, without mmu_lock' },
  retries_under_lock_per_fault: { unit: '1', better: 'lower', says: 'RETRYs found with mmu_lock held' },
  retries_elsewhere_per_fault: {
    unit: '1',
    better: null,
    says: 'RETRYs of faults that lost a race with another fault, or met a changing memslot',
  },
  flushes_per_unmap: { unit: '1', better: 'lower', says: 'remote TLB flushes for each unmap of a range' },
  yields_per_unmap: { unit: '1', better: 'lower', says: 'times that mmu_lock was yielded for each unmap of a range' },
  gfns_converted_per_second: { unit: '1/s', better: 'higher', says: 'gfns that became private or shared' },
  attribute_change_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'how long a change of memory attributes takes, with the hole that is punched after it, median',
  },
  without_resched_max_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'longest time that a change of memory attributes, or the end of a VM on arm64, kept its CPU without a scheduling point, on a kernel that is not preemptible',
  },
  agings_per_second: {
    unit: '1/s',
    better: 'higher',
    says: 'entries of the page table of the host that were queried for use by the guest',
  },
  aging_young_share: {
    unit: '1',
    better: null,
    says: 'share of these that the guest had used since the previous query',
  },
  aging_latency_p50_ns: { unit: 'ns', better: 'lower', says: 'duration of one such query, median' },
  pfncache_uses_per_second: {
    unit: '1/s',
    better: 'higher',
    says: 'uses of a page of the guest by a gfn_to_pfn_cache',
  },
  aging_latency_p99_ns: { unit: 'ns', better: 'lower', says: 'the same, 99th percentile' },
  unmaps_per_second: { unit: '1/s', better: null, says: 'unmaps of a range' },
  mmu_lock_contended_share: {
    unit: '1',
    better: 'lower',
    says: 'share of the acquisitions of mmu_lock that went through a slow path',
  },
  mmu_lock_waits_per_fault: {
    unit: '1',
    better: 'lower',
    says: 'slow paths of mmu_lock that vCPUs went through, for each fault that was resolved',
  },
  mmu_lock_wait_p50_ns: { unit: 'ns', better: 'lower', says: 'waits for mmu_lock of all roles, median' },
  mmu_lock_wait_total_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'sum of the waits of vCPUs for mmu_lock in a trial',
  },
  fault_latency_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'fault latency, from the exit to the access that succeeds: median',
  },
  fault_latency_p99_ns: { unit: 'ns', better: 'lower', says: 'fault latency, 99th percentile' },
  fault_latency_p999_ns: { unit: 'ns', better: 'lower', says: 'fault latency, 99.9th percentile' },
  fault_latency_max_ns: { unit: 'ns', better: 'lower', says: 'fault latency, the longest that was timed' },
  nx_fault_latency_p99_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'faults on gfns that are not recovered, while a round of recovery was under way, 99th percentile',
  },
  nx_fault_latency_p999_ns: { unit: 'ns', better: 'lower', says: 'latency of such faults, 99.9th percentile' },
  nx_fault_latency_max_ns: { unit: 'ns', better: 'lower', says: 'latency of such faults, the longest' },
  nx_refault_latency_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'faults on memory that could be huge pages, from the exit to the access that succeeds, median',
  },
  nx_recovered_per_second: { unit: '1/s', better: 'higher', says: 'page tables that recovery took away' },
  nx_splits_per_second: {
    unit: '1/s',
    better: null,
    says: 'page tables that were created because the guest executed in memory that could be a huge page',
  },
  nx_lost_races_per_second: {
    unit: '1/s',
    better: null,
    says: 'page tables that were already replaced when recovery tried to zap them',
  },
  nx_flushes_per_recovered: {
    unit: '1',
    better: 'lower',
    says: 'remote TLB flushes of the worker for each page table that it took away',
  },
  nx_yields_per_recovered: {
    unit: '1',
    better: null,
    says: 'times that the worker yielded mmu_lock for each page table that it took away',
  },
  nx_round_p50_ns: { unit: 'ns', better: 'lower', says: 'a round of recovery, median' },
  nx_share_recovered_tdp: {
    unit: '1',
    better: null,
    says: 'share of the page tables of the TDP MMU that a round found on the lists and took away',
  },
  nx_share_recovered_shadow: {
    unit: '1',
    better: null,
    says: 'share of the page tables of the shadow MMU that a round found on the lists and took away',
  },
  nx_shadow_to_tdp: {
    unit: '1',
    better: null,
    says: 'the shadow share over the TDP share: 1 if nested guests are treated as others are',
  },
  fault_response_p99_ns: { unit: 'ns', better: 'lower', says: 'from the time the access was due, 99th percentile' },
  invalidation_latency_p50_ns: { unit: 'ns', better: 'lower', says: 'from invalidate_range_start to the end, median' },
  invalidation_latency_p99_ns: { unit: 'ns', better: 'lower', says: 'invalidation, 99th percentile' },
  mmu_lock_hold_max_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'the longest time that mmu_lock was held, either side; on threads, of the holds that were timed',
  },
  guest_boots_per_second: {
    unit: '1/s',
    better: 'higher',
    says: 'resets of the guest after which all of its vCPUs have executed the image',
  },
  icache_ops_per_boot: { unit: '1', better: 'lower', says: 'I-cache operations on the interconnect for each boot' },
  icache_wasted_share: {
    unit: '1',
    better: 'lower',
    says: 'share of I-cache invalidations after which the entry had changed',
  },
  relax_eagain_per_boot: { unit: '1', better: 'lower', says: 'permission faults that ended in -EAGAIN' },
  icache_inval_p50_ns: { unit: 'ns', better: 'lower', says: 'an I-cache invalidation under mmu_lock, median' },
  icache_inval_p99_ns: { unit: 'ns', better: 'lower', says: 'I-cache invalidation under mmu_lock, 99th percentile' },
  icache_inval_max_ns: { unit: 'ns', better: 'lower', says: 'I-cache invalidation under mmu_lock, the longest' },
  neighbour_boots_per_second: { unit: '1/s', better: 'higher', says: 'boots of the other VMs, summed' },
  neighbour_fault_latency_p50_ns: { unit: 'ns', better: 'lower', says: 'fault latency in the other VMs, median' },
  neighbour_fault_latency_p99_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'fault latency in the other VMs, 99th percentile',
  },
  guest_icache_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'an I-cache invalidation that the guest does itself, median',
  },
  guest_icache_p99_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'I-cache invalidation by the guest itself, 99th percentile',
  },
  guest_accesses_per_second: {
    unit: '1/s',
    better: 'higher',
    says: 'memory accesses of the guest, summed over all vCPUs',
  },
  apic_stall_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'entries that had to reload the APIC-access page, from their beginning until the guest runs, median',
  },
  apic_stall_p99_ns: { unit: 'ns', better: 'lower', says: 'such an entry, 99th percentile' },
  apic_stall_max_ns: { unit: 'ns', better: 'lower', says: 'such an entry, the longest' },
  apic_migrations_per_second: { unit: '1/s', better: null, says: 'moves of the APIC-access page by the host' },
  apic_migrations_refused_share: {
    unit: '1',
    better: 'lower',
    says: 'share of the attempts to move the page that found unknown references',
  },
  apic_tries_per_reload: {
    unit: '1',
    better: 'lower',
    says: 'tries of a vCPU to reload the APIC-access page, for each that succeeds',
  },
  apic_rerequests_per_reload: {
    unit: '1',
    better: 'lower',
    says: 'attempts that met an invalidation and were requested again, for each reload',
  },
  entries_cancelled_per_reload: {
    unit: '1',
    better: 'lower',
    says: 'entries of a vCPU that a pending request cancelled, for each reload; each wastes cost.entry_preparation',
  },
  tlb_flushes_per_reload: {
    unit: '1',
    better: 'lower',
    says: 'TLB flushes of a vCPU, for each reload: those that the notifier requests and those after a reload',
  },
  tlb_flushes_local_per_reload: {
    unit: '1',
    better: 'lower',
    says: 'TLB flushes of a vCPU after a reload, for each reload',
  },
  tlb_flushes_redundant_per_reload: {
    unit: '1',
    better: 'lower',
    says: 'TLB flushes of a vCPU that found no translation of the page in the TLB, for each reload',
  },
  invalidations_per_second: { unit: '1/s', better: null, says: 'invalidations that began, of any memory' },
  mmu_lock_per_invalidation: {
    unit: '1',
    better: 'lower',
    says: 'times that the start and the end of an invalidation took mmu_lock',
  },
  elided_share: { unit: '1', better: 'higher', says: 'share of all invalidations that left mmu_lock alone' },
  memslot_updates_per_second: { unit: '1/s', better: 'higher', says: 'memslots that were added, moved or removed' },
  memslot_update_wait_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'how long a memslot update waited for invalidations to end before it could publish, median',
  },
  memslot_update_wait_p99_ns: { unit: 'ns', better: 'lower', says: 'such a wait, 99th percentile' },
  memslot_update_wait_max_ns: { unit: 'ns', better: 'lower', says: 'such a wait, the longest' },
  memslot_update_latency_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'a memslot update from slots_lock to its end, median',
  },
  vm_teardown_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'kvm_mmu_notifier_release() of a VM whose process exits, median',
  },
  flushes_per_log_start: {
    unit: '1',
    better: 'lower',
    says: 'remote TLB flushes of the VMM each time that it begins to log dirty pages',
  },
  flushes_per_log_clear: {
    unit: '1',
    better: 'lower',
    says: 'the same each time that it has the log cleared',
  },
  flushes_per_log_stop: { unit: '1', better: 'lower', says: 'the same each time that it ends logging' },
  flushes_per_recovered: {
    unit: '1',
    better: 'lower',
    says: 'the same for each page table that a huge page replaces, or can replace, as logging ends',
  },
  dirty_log_start_p50_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'how long it takes to begin to log dirty pages, median',
  },
  dirty_log_get_p50_ns: { unit: 'ns', better: 'lower', says: 'a KVM_GET_DIRTY_LOG, median' },
  dirty_log_clear_p50_ns: { unit: 'ns', better: 'lower', says: 'a KVM_CLEAR_DIRTY_LOG, median' },
  dirty_log_stop_p50_ns: { unit: 'ns', better: 'lower', says: 'how long it takes to end logging, median' },
  elapsed_ns: { unit: 'ns', better: null, says: 'the time in which all roles ran and were measured' },
  waited_for_cpu_share: {
    unit: '1',
    better: null,
    says: 'share of the measured time in which workers were runnable and on no CPU',
  },
  hand_over_ns: {
    unit: 'ns',
    better: null,
    says: 'one-way time of an answer from one worker to another after a trial: how far apart the CPUs were that the host gave them',
  },
  operation_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'time of one operation on the page tables, as each CPU sees it',
  },
  operations_per_second: { unit: '1/s', better: 'higher', says: 'acquisitions and releases, summed over all workers' },
  ns_per_operation: { unit: 'ns', better: 'lower', says: 'time between two acquisitions of the lock, by any worker' },
  operation_max_ns: {
    unit: 'ns',
    better: 'lower',
    says: 'the longest time from one operation of a worker to its next: it waited for the lock, or for a core; of quick operations up to 64 are timed at once',
  },
  jain_fairness: {
    unit: '1',
    better: 'higher',
    says: 'fairness by Jain, 1: all workers got the same share; 1/n: one worker had it all',
  },
} as const satisfies Record<string, MetricKind>

export type MetricName = keyof typeof METRICS

/** Whether a metric is a share from 0 to 1, according to its name. */
export const isShare = (metric: string): boolean => /_share(?:_|$)/.test(metric)
