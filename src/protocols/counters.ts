/**
 * The counters of a run. Names are the kernel's where it has the statistic, otherwise ours: the kernel has no counter
 * for retries, yields or pre-check hits.
 */
export const COUNTERS = [
  // kvm_stats, per vCPU; pf_* are x86's, arm64 has none of them
  'pf_taken',
  'pf_fixed',
  'pf_fast',
  'pf_spurious',
  'pf_emulate',
  'tlb_flush',
  'exits',
  'request_irq_exits',
  // kvm_stats, per VM
  'remote_tlb_flush_requests',
  'remote_tlb_flush',
  // entries into the guest
  'entry_cancelled_pending_request',
  // RETRY, by the place where it was found
  'retry_precheck_before_pfn',
  'retry_precheck_after_pfn',
  'retry_stale_locked',
  'retry_frozen',
  'retry_cas_link',
  'retry_cas_leaf',
  'retry_invalid_slot',
  'retry_obsolete_root',
  'precheck_false_negative',
  // yields of mmu_lock
  'yield_needbreak',
  'yield_need_resched',
  'yield_suppressed_progress',
  'yield_no_drop',
  // remote TLB flushes, by cause
  'tlb_flush_remote_yield',
  'tlb_flush_remote_range_end_of_zap',
  'tlb_flush_remote_map_replace',
  'tlb_flush_remote_wrprot',
  'tlb_flush_remote_log_start',
  'tlb_flush_remote_log_clear',
  'tlb_flush_remote_log_stop',
  'tlb_flush_remote_memslot',
  'tlb_flush_remote_nx_recovery',
  'tlb_flush_remote_teardown',
  'tlb_flush_remote_aging',
  'tlb_flush_remote_attributes',
  'tlb_flush_ipis',
  // TLB flushes that a vCPU decides on, and flushes that found no translation of the APIC-access page to drop
  'tlb_flush_local_current',
  'flush_redundant',
  'flush_redundant_local',
  // MMU notifier
  // leafs_zapped: also those that go with their page table; nx_zapped_tdp counts page tables, as the kernel's recovery does
  'unmap_gfn_range_calls',
  'leafs_zapped',
  'invalidate_start',
  'invalidate_end',
  'invalidate_elided',
  'in_progress_max',
  'range_width_max',
  'mn_active_max',
  'memslot_wakeups',
  'invalidate_mmu_lock',
  // memory attributes and guest_memfd; memory_fault_exits: KVM_EXIT_MEMORY_FAULT
  'attribute_changes',
  'attributes_set',
  'gmem_pages_punched',
  'memory_fault_exits',
  // aging: calls, those that found the page used, Accessed bits cleared
  'aging_calls',
  'aging_young',
  'sptes_aged',
  // memslot updates
  'memslot_updates',
  'memslot_wait_loops',
  // the APIC-access page
  'apic_migrations',
  'apic_migrations_refused',
  'apic_reload_requests',
  'apic_reload_ipis',
  'apic_reload_attempts',
  'apic_reload_rerequests',
  'apic_reloads',
  // KVM's own zaps, and dirty logging
  'zap_gfn_range_calls',
  'wrprot_gfn_range_calls',
  'sptes_wrprotected',
  'dirty_log_starts',
  'dirty_log_gets',
  'dirty_log_clears',
  'dirty_log_stops',
  'huge_pages_split',
  'huge_pages_recovered',
  // arm64: I-cache maintenance, permission relaxation
  'icache_inval_range_ops',
  'icache_inval_lines',
  'icache_inval_all',
  'icache_inval_over_limit',
  'icache_wasted',
  'icache_skipped',
  'icache_refills',
  'fault_range_busy',
  'relax_eagain',
  'stage2_relaxed',
  'stage2_mapped',
  'stage2_tables_freed',
  'tlbi_broadcast',
  'tlbi_range',
  'guest_icache_lines',
  'guest_resets',
  // NX huge pages: in the kernel nx_lpage_splits is a gauge; here splits are counted when they are accounted, and not taken off again
  'nx_lpage_splits',
  'nx_rounds',
  'nx_batch',
  'nx_listed_tdp',
  'nx_listed_shadow',
  'nx_zapped_tdp',
  'nx_zapped_shadow',
  'nx_zap_lost_race',
  'nx_skipped_dirty_log',
  'nx_replaced',
  'roots_zapped',
  // processes that exit
  'vm_teardowns',
  // gfn_to_pfn_caches
  'pfncache_uses',
  'pfncache_refreshes',
  'pfncache_retries',
  'pfncache_invalidated',
  // the guest
  'guest_accesses',
  'pages_populated',
  'scaling_operations',
  // one departure from the guest in at most so many was timed, where not all were
  'fault_timed_one_in_max',
] as const

export type CounterName = (typeof COUNTERS)[number]

/** The index of each counter: `cpu.count(COUNTER.pf_taken, 1)`. */
export const COUNTER = Object.fromEntries(COUNTERS.map((name, index) => [name, index])) as {
  readonly [N in CounterName]: number
}

/** Counters whose total is the greatest value of any CPU, not the sum. */
export const isMaximum = (name: CounterName): boolean => name.endsWith('_max')

/** Histograms in ns, as the result file names them. */
export const HISTOGRAMS = [
  'fault_latency_ns',
  'fault_response_ns',
  'guest_stall_ns',
  'nx_fault_latency_ns',
  'nx_refault_latency_ns',
  'nx_round_ns',
  'invalidation_latency_ns',
  'aging_latency_ns',
  'attribute_change_ns',
  'without_resched_ns',
  'icache_inval_ns',
  'neighbour_fault_latency_ns',
  'guest_icache_ns',
  'apic_stall_ns',
  'mmu_lock_wait_ns_read',
  'mmu_lock_wait_ns_write',
  'mmu_lock_hold_ns_read',
  'mmu_lock_hold_ns_write',
  'memslot_update_wait_ns',
  'memslot_update_latency_ns',
  'vm_teardown_ns',
  'dirty_log_start_ns',
  'dirty_log_get_ns',
  'dirty_log_clear_ns',
  'dirty_log_stop_ns',
] as const

export type HistogramName = (typeof HISTOGRAMS)[number]

export const HISTOGRAM = Object.fromEntries(HISTOGRAMS.map((name, index) => [name, index])) as {
  readonly [N in HistogramName]: number
}
