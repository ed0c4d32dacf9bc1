import type { Gfn, Hva } from '../shared-memory/addresses.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { TdpIter } from '../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Memslot } from './memslots/memslot.ts'
import type { Mmu } from './nx/mmu-pages.ts'
import type { Fault, FaultResult } from './page-fault.ts'
import type { PfnCache } from './pfncache/pfncache.ts'
import type { Stage2Fault } from './stage2/page-fault.ts'
import type { Vcpu } from './vcpu.ts'
import type { Stage2Vm, Vm } from './vm.ts'

/**
 * A kernel, as far as its versions, proposals and bugs differ: each entry is a function of the kernel, named as there, whole. They
 * call one another through `vm.kvm`, so that each can be replaced alone. Grouped by the kernel's files.
 */
export type Kvm = {
  // include/linux/sched.h

  /** `rwlock_needbreak()`: whether the holder of mmu_lock should drop it because others wait. */
  readonly rwlockNeedbreak: (cpu: Cpu, vm: Vm) => Steps<boolean>

  /** `cond_resched()`: outside of all locks that do not sleep, the scheduler may have the CPU. */
  readonly condResched: (cpu: Cpu, vm: Vm) => Steps<void>

  // virt/kvm/kvm_main.c, include/linux/kvm_host.h

  /** `kvm_mmu_notifier_invalidate_range_start()`: the hvas [start, end) are about to change. `mayBlock`: the task may sleep. */
  readonly invalidateRangeStart: (cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean) => Steps<void>
  /** `kvm_mmu_notifier_invalidate_range_end()`: they have changed. */
  readonly invalidateRangeEnd: (cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean) => Steps<void>
  /** `kvm_mmu_notifier_invalidate_range()`, up to 6.5: the PTEs of [start, end) have changed, and the invalidation continues. */
  readonly invalidateRange: (cpu: Cpu, vm: Vm, start: Hva, end: Hva) => Steps<void>
  /** `kvm_mmu_notifier_clear_flush_young()`: whether the guest has used any of the hvas [start, end); from now on it has not. */
  readonly clearFlushYoung: (cpu: Cpu, vm: Vm, start: Hva, end: Hva) => Steps<boolean>
  /** `kvm_mmu_notifier_clear_young()`: the same, and no TLB is flushed for it. */
  readonly clearYoung: (cpu: Cpu, vm: Vm, start: Hva, end: Hva) => Steps<boolean>
  /** `kvm_mmu_notifier_test_young()`: whether the guest has used the page. */
  readonly testYoung: (cpu: Cpu, vm: Vm, hva: Hva) => Steps<boolean>
  /** `kvm_vm_set_mem_attributes()`: the gfns [start, end) become private or shared. */
  readonly vmSetMemAttributes: (cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, attribute: number) => Steps<void>
  /** `kvm_mmu_invalidate_begin()`, with mmu_lock held for write. */
  readonly invalidateBegin: (cpu: Cpu, vm: Vm) => Steps<void>
  /** `kvm_mmu_invalidate_range_add()`, of the gfns [start, end). */
  readonly invalidateRangeAdd: (cpu: Cpu, vm: Vm, start: Gfn, end: Gfn) => Steps<void>
  /** `kvm_mmu_invalidate_end()`. */
  readonly invalidateEnd: (cpu: Cpu, vm: Vm) => Steps<void>
  /** `mmu_invalidate_retry()`: whether an invalidation of any range has come since `seq`. */
  readonly invalidateRetry: (cpu: Cpu, vm: Vm, seq: number) => Steps<boolean>
  /** `mmu_invalidate_retry_gfn()`: the same of a gfn, with mmu_lock held on either side. */
  readonly invalidateRetryGfn: (cpu: Cpu, vm: Vm, seq: number, gfn: Gfn) => Steps<boolean>
  /** `mmu_invalidate_retry_gfn_unsafe()`: the same without mmu_lock: a hint. */
  readonly invalidateRetryGfnUnsafe: (cpu: Cpu, vm: Vm, seq: number, gfn: Gfn) => Steps<boolean>
  /** `kvm_swap_active_memslots()`: publishes the set that was made. slots_arch_lock is held on the way in only. */
  readonly swapActiveMemslots: (cpu: Cpu, vm: Vm) => Steps<void>
  /** `kvm_destroy_vm()`; `privateSlot` is the memslot that KVM made for itself. */
  readonly destroyVm: (cpu: Cpu, vm: Vm, privateSlot: number) => Steps<void>
  /** `kvm_get_dirty_log_protect()`, with slots_lock held: returns the log to the VMM. */
  readonly getDirtyLogProtect: (cpu: Cpu, vm: Vm) => Steps<void>
  /** `kvm_clear_dirty_log_protect()`, of this many pages of the slot: writes to pages that the VMM has read from the log are logged again. */
  readonly clearDirtyLogProtect: (cpu: Cpu, vm: Vm, first: number, pages: number) => Steps<void>
  /** `kvm_flush_remote_tlbs()`; `cause` is counted. */
  readonly flushRemoteTlbs: (cpu: Cpu, vm: Vm, cause: number) => Steps<void>

  // virt/kvm/guest_memfd.c

  /** `kvm_gmem_punch_hole()`: the pages of guest_memfd behind [start, end) are given back. */
  readonly gmemPunchHole: (cpu: Cpu, vm: Vm, start: Gfn, end: Gfn) => Steps<void>

  // virt/kvm/pfncache.c

  /** `gfn_to_pfn_cache_invalidate_start()`, of a VM that has caches: those of the hvas [start, end) are no longer valid. */
  readonly gfnToPfnCacheInvalidateStart: (cpu: Cpu, vm: Vm, start: Hva, end: Hva) => Steps<void>
  /** `kvm_gpc_refresh()`: the cache is valid again. False: it is not, and there may be no such caches. */
  readonly gpcRefresh: (cpu: Cpu, vm: Vm, cache: PfnCache) => Steps<boolean>
  /** `mmu_notifier_retry_cache()`: whether an invalidation has come since `seq`, or is between its start and its end. */
  readonly mmuNotifierRetryCache: (cpu: Cpu, vm: Vm, seq: number) => Steps<boolean>

  // arch/x86/kvm/x86.c

  /** `kvm_vcpu_flush_tlb_all()`: a vCPU that enters the guest drops its translations on request. */
  readonly vcpuFlushTlbAll: (cpu: Cpu, vm: Vm, vcpu: Vcpu) => Steps<void>

  /** `kvm_mmu_slot_apply_flags()`: dirty logging of the slot has begun, or has ended. */
  readonly mmuSlotApplyFlags: (cpu: Cpu, vm: Vm, slot: Memslot, isLogging: boolean) => Steps<void>

  // arch/x86/kvm/mmu/mmu.c

  /** `kvm_mmu_page_fault()`: a vCPU has faulted on `fault.gfn`. On RETRY the guest executes the instruction again. */
  readonly mmuPageFault: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** `kvm_mmu_do_page_fault()`: one try. */
  readonly mmuDoPageFault: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** `kvm_tdp_mmu_page_fault()`: with two-dimensional paging. */
  readonly tdpMmuPageFault: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** `direct_page_fault()`: with shadow paging. */
  readonly directPageFault: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** `fast_page_fault()`: without mmu_lock. PF_INVALID: it did nothing. */
  readonly fastPageFault: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** `kvm_mmu_faultin_pfn()`: the pfn behind the gfn, with a reference. CONTINUE: it is in `fault.pfn`. */
  readonly mmuFaultinPfn: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** `is_page_fault_stale()`, with mmu_lock held on either side. */
  readonly isPageFaultStale: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<boolean>
  /** `direct_map()`, with mmu_lock held for write. */
  readonly directMap: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** `kvm_unmap_gfn_range()` of x86, with mmu_lock held for write. Whether the TLBs have to be flushed. */
  readonly unmapGfnRange: (cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn, mayBlock: boolean) => Steps<boolean>
  /** `kvm_age_gfn()`: clears the Accessed bits of [start, end). Whether any was set. */
  readonly ageGfn: (cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn) => Steps<boolean>
  /** `kvm_test_age_gfn()`: whether that of the gfn is set. */
  readonly testAgeGfn: (cpu: Cpu, vm: Vm, slot: Memslot, gfn: Gfn) => Steps<boolean>
  /** `kvm_arch_pre_set_memory_attributes()`, with mmu_lock held for write. Whether the TLBs have to be flushed. */
  readonly archPreSetMemoryAttributes: (cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn) => Steps<boolean>
  /** `kvm_arch_post_set_memory_attributes()`, with mmu_lock held for write. */
  readonly archPostSetMemoryAttributes: (cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, attribute: number) => Steps<void>
  /** `kvm_zap_gfn_range()`: a zap by KVM itself. */
  readonly zapGfnRange: (cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn) => Steps<void>
  /** `__kvm_rmap_zap_gfn_range()`: the same for the shadow MMU. `flush`: whether a flush is pending; returns the updated value. */
  readonly rmapZapGfnRange: (
    cpu: Cpu,
    vm: Vm,
    slot: Memslot,
    start: Gfn,
    end: Gfn,
    canYield: boolean,
    flush: boolean,
  ) => Steps<boolean>
  /** `kvm_arch_flush_shadow_all()`: nothing of the VM stays mapped, of which no vCPU runs any more. */
  readonly flushShadowAll: (cpu: Cpu, vm: Vm) => Steps<void>
  /** `kvm_arch_flush_shadow_memslot()`: nothing of a memslot that is going away stays mapped. */
  readonly flushShadowMemslot: (cpu: Cpu, vm: Vm, slot: Memslot) => Steps<void>

  /** `kvm_mmu_slot_remove_write_access()`: dirty logging begins. Whether an entry was changed; the flush is the caller's. */
  readonly mmuSlotRemoveWriteAccess: (cpu: Cpu, vm: Vm, slot: Memslot) => Steps<boolean>
  /** `kvm_mmu_slot_try_split_huge_pages()`: before that. */
  readonly mmuSlotTrySplitHugePages: (cpu: Cpu, vm: Vm, slot: Memslot) => Steps<void>
  /** `kvm_arch_mmu_enable_log_dirty_pt_masked()`, with mmu_lock held for write: of the pages that `mask` names, from `page` of the slot on. */
  readonly archMmuEnableLogDirtyPtMasked: (cpu: Cpu, vm: Vm, page: number, mask: number) => Steps<void>
  /** `kvm_mmu_recover_huge_pages()`, to v6.12 `kvm_mmu_zap_collapsible_sptes()`: dirty logging has ended. */
  readonly mmuRecoverHugePages: (cpu: Cpu, vm: Vm, slot: Memslot) => Steps<void>

  /** `kvm_nx_huge_page_recovery_worker()`: one round, which recovers one page in `ratio`. */
  readonly nxHugePageRecoveryWorker: (cpu: Cpu, vm: Vm, ratio: number) => Steps<void>
  /** `kvm_recover_nx_huge_pages()`, of the list of one MMU. How many pages it took off. */
  readonly recoverNxHugePages: (cpu: Cpu, vm: Vm, mmu: Mmu, toZap: number) => Steps<number>

  /** `kvm_mmu_sp_dirty_logging_enabled()`: whether recovery leaves the page where it is, as its memory would be small again at once. */
  readonly mmuSpDirtyLoggingEnabled: (cpu: Cpu, vm: Vm, page: number) => Steps<boolean>

  // arch/x86/kvm/mmu/tdp_mmu.c

  /** `kvm_tdp_mmu_map()`, with mmu_lock held for read. */
  readonly tdpMmuMap: (cpu: Cpu, vm: Vm, fault: Fault) => Steps<FaultResult>
  /** `tdp_mmu_split_huge_page()`: a table takes the place of a huge page; with mmu_lock held for read. The table, or NO_PAGE. */
  readonly tdpMmuSplitHugePage: (
    cpu: Cpu,
    vm: Vm,
    fault: Fault,
    sptep: Word,
    spte: number,
    level: number,
  ) => Steps<number>
  /** `kvm_tdp_mmu_unmap_gfn_range()`: in every root. */
  readonly tdpMmuUnmapGfnRange: (
    cpu: Cpu,
    vm: Vm,
    start: Gfn,
    end: Gfn,
    canYield: boolean,
    flush: boolean,
  ) => Steps<boolean>
  /** `kvm_tdp_mmu_zap_leafs()`, to v5.17 `kvm_tdp_mmu_zap_gfn_range()`: the same for reasons of KVM's own, which may yield. */
  readonly tdpMmuZapRange: (cpu: Cpu, vm: Vm, start: Gfn, end: Gfn, canYield: boolean, flush: boolean) => Steps<boolean>
  /** `tdp_mmu_zap_leafs()`: in one root, whose page table is `root`. */
  readonly tdpMmuZapLeafs: (
    cpu: Cpu,
    vm: Vm,
    root: number,
    start: Gfn,
    end: Gfn,
    canYield: boolean,
    flush: boolean,
  ) => Steps<boolean>
  /** `tdp_mmu_iter_cond_resched()`: lets go of mmu_lock if others wait for it; `shared`: held for read. Whether it has yielded. */
  readonly tdpMmuIterCondResched: (cpu: Cpu, vm: Vm, iter: TdpIter, flush: boolean, shared: boolean) => Steps<boolean>
  /**
   * `tdp_mmu_next_root()`: the root after `before`, with a reference; drops that of `before`. NO_ROOT at the end.
   * `onlyValid`: skips roots that are invalid.
   */
  readonly tdpMmuNextRoot: (cpu: Cpu, vm: Vm, before: number, onlyValid: boolean) => Steps<number>
  /** `tdp_mmu_zap_root()`: everything that the root maps, with mmu_lock held; `shared`: for read. `root` is its page table. */
  readonly tdpMmuZapRoot: (cpu: Cpu, vm: Vm, root: number, shared: boolean) => Steps<void>
  /** `kvm_tdp_mmu_zap_possible_nx_huge_page()`: one page-table page. Whether the TLBs have to be flushed for it. */
  readonly tdpMmuZapPossibleNxHugePage: (cpu: Cpu, vm: Vm, page: number) => Steps<boolean>
  /** `track_possible_nx_huge_page()` of a page that was linked, unless it is gone already. */
  readonly trackPossibleNxHugePage: (cpu: Cpu, vm: Vm, page: number) => Steps<void>
  /** `handle_removed_pt()`: tears down an unlinked page table. `isReachable`: vCPUs may have cached parts of it. */
  readonly handleRemovedPt: (cpu: Cpu, vm: Vm, page: number, isReachable: boolean) => Steps<void>
  /** `tdp_mmu_free_sp_rcu_callback()`: hands a page-table page to RCU, to be freed. */
  readonly tdpMmuFreeSp: (cpu: Cpu, vm: Vm, page: number) => Steps<void>
  /** `kvm_tdp_mmu_age_spte()`: clears the Accessed bit of the walk's current leaf. */
  readonly tdpMmuAgeSpte: (cpu: Cpu, vm: Vm, iter: TdpIter) => Steps<void>
  /** `wrprot_gfn_range()`: takes write permission, as when a dirty log is cleared. */
  readonly wrprotGfnRange: (cpu: Cpu, vm: Vm, start: Gfn, end: Gfn) => Steps<void>

  // arch/x86/kvm/vmx/vmx.c

  /** `kvm_vcpu_reload_apic_access_page()`, `vmx_set_apic_access_page_addr()`. False: the entry into the guest is aborted at once. */
  readonly reloadApicAccessPage: (cpu: Cpu, vm: Vm, vcpu: Vcpu) => Steps<boolean>

  // arch/arm64/kvm/mmu.c

  /** `kvm_unmap_gfn_range()` of arm64: what `unmapGfnRange` is of a VM with a stage-2 table. */
  readonly arm64UnmapGfnRange: (
    cpu: Cpu,
    vm: Vm,
    slot: Memslot,
    start: Gfn,
    end: Gfn,
    mayBlock: boolean,
  ) => Steps<boolean>

  /** `kvm_arch_flush_shadow_all()` of arm64: what `flushShadowAll` is of a VM with a stage-2 table. */
  readonly arm64FlushShadowAll: (cpu: Cpu, vm: Vm) => Steps<void>
  /** `kvm_stage2_destroy()`: takes a stage-2 table apart that no vCPU uses any more, with no lock held. */
  readonly stage2Destroy: (cpu: Cpu, vm: Stage2Vm) => Steps<void>
  /** `user_mem_abort()`: one try. On RETRY, which is -EAGAIN there, the guest executes the instruction again. */
  readonly userMemAbort: (cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault) => Steps<FaultResult>
  /** `__invalidate_icache_guest_page()`, for the memory that the fault maps. False is -EAGAIN, which upstream never returns. */
  readonly invalidateIcacheGuestPage: (cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault) => Steps<boolean>

  // arch/arm64/kvm/hyp/pgtable.c

  /** `kvm_pgtable_stage2_map()`, with mmu_lock held: makes the entry, and reads it again to see whether to go down. */
  readonly stage2Map: (cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault) => Steps<FaultResult>
  /** `kvm_pgtable_stage2_unmap()` of [start, end), with mmu_lock held for write throughout. */
  readonly stage2Unmap: (cpu: Cpu, vm: Stage2Vm, start: Gfn, end: Gfn) => Steps<void>
  /** `kvm_pgtable_stage2_relax_perms()`, with mmu_lock held for read. */
  readonly stage2RelaxPerms: (cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault) => Steps<FaultResult>
  /** `stage2_attr_walker()`: adds the permission to the entry. */
  readonly stage2AttrWalker: (cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault) => Steps<FaultResult>

  // struct kvm, and its one-time operations

  /** `kvm->mmu_lock`: a spinlock before v5.12. */
  readonly mmuLock: 'rwlock' | 'spinlock'
  /** On which side of it `kvm_mmu_load()` and `kvm_mmu_unload()` make and drop a root of the TDP MMU. */
  readonly loadsRootUnder: 'read' | 'write'
  /** The roots that `kvm_tdp_mmu_age_gfn_range()` visits. */
  readonly agesRoots: 'all' | 'valid'
  /** `kvm->arch.possible_nx_huge_pages`: one list of both MMUs up to v6.17. */
  readonly possibleNxHugePages: 'one list' | 'by MMU'
  /** Whether `zap_gfn_range()` removes page tables too, as up to v5.17: then they must be freed too. */
  readonly zapsPageTables: boolean
  /** Whether `kvm_tdp_mmu_put_root()` zaps an invalid root once more before it frees it, as up to v5.17. */
  readonly zapsInvalidRoots: boolean
  /** Whether KVM_SET_MEMORY_ATTRIBUTES and guest_memfd exist. */
  readonly hasMemoryAttributes: boolean
  /** `kvm_alloc_apic_access_page()`: whether the VM keeps a reference to the page forever. */
  readonly pinsApicAccessPage: boolean
}

/** The functions of a table, and the values that it has. */
export type KvmEntry = keyof Kvm
