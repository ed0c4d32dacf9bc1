import { GENERIC_PENDING_LOOPS, X86_PENDING_LOOPS } from '../shared-memory/locks/qspinlock.ts'
import { pagesPerLevel } from '../shared-memory/page-tables/spte.ts'
import { GRANULES, type Granule } from '../shared-memory/page-tables/stage2-pte.ts'
import type { MemslotConfig } from './memslots/memslot.ts'
import type { Note } from './tracepoints.ts'

/** The boot option of the host kernel: `preempt=`. */
export type PreemptionModel = 'none' | 'voluntary' | 'full' | 'lazy'

/** A VM with APIC-access virtualisation, as data. One of its memslots is the private one. */
export type ApicConfig = {
  readonly gfn: number
  /**
   * The number of vCPUs (those with the highest ids) whose APIC is in x2APIC mode: their VMCS has no APIC-access address,
   * and the page is normal memory for them.
   */
  readonly x2apicVcpus: number
}

/** The changes of a VM's memslots while it runs. */
export type MemslotUpdateConfig = {
  /** Slots that are not there at first, and come and go. */
  readonly spare: readonly MemslotConfig[]
  /**
   * mmu_notifier_invalidate_range_start, which the core reports to lockdep as held during callbacks. `graph`: only lockdep
   * knows it, as in the kernel; `mutex`: it excludes, and represents a lock of the mm; `none`: it is not taken.
   */
  readonly pseudoLock: 'none' | 'graph' | 'mutex'
  /** The scope of the zap when a slot is deleted: everything, as x86 does unless KVM_X86_QUIRK_SLOT_ZAP_ALL is off, or that slot. */
  readonly zap: 'all' | 'slot'
  /** The VM itself comes and goes. */
  readonly isDestroyed?: boolean
}

/** NX huge pages and their recovery, as data that can be sent to a worker. */
export type NxConfig = {
  /** Roots of the TDP MMU: vCPU n begins on root n % roots. */
  readonly roots: number
  /** Whether the MMU itself holds a reference to each root, so that none is freed when its last vCPU leaves. */
  readonly keepsRoots: boolean
  /** The memory of a nested guest: the shadow MMU maps it, everything else the TDP MMU. */
  readonly nestedGfn: number
  readonly nestedPages: number
  /** This many blocks at the start of the host's memory are huge pages, of 2 MiB (level 2) or 1 GiB (3, with no nested guest). */
  readonly hugeBlocks: number
  readonly hugeLevel: 2 | 3
  /** Entries of a page table of the last level that the guest ever touches: 512. A checker's guest touches fewer, and
   * no step looks at the rest. */
  readonly entries: number
}

/** How dirty pages of a memslot are logged, as data. */
export type DirtyLogConfig = {
  readonly slot: number
  /** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: the VMM first reads the log, and clears what it has read later. */
  readonly isManual: boolean
  /** KVM_DIRTY_LOG_INITIALLY_SET, of manual protect: all pages count as dirty at first, and none is protected before it is cleared. */
  readonly isAllSet?: boolean
  /** The module parameter eager_page_split, of kernels that have it. */
  readonly isEager: boolean
}

/** A stage-2 table of arm64, as data. */
export type Stage2Config = {
  /** The host's base page; gfns and pfns count such pages. */
  readonly granule: Granule
  /** CTR_EL0.IminLine: words of the smallest I-cache line, as a power of two; 4 is 64 bytes. */
  readonly iminLine: number
  /** The number of memory lines per simulated by-line operation: 1 is exact. Decisions use true sizes. */
  readonly scale: number
  /** FEAT_TLBIRANGE, of Armv8.4: one TLBI takes a range of IPAs. */
  readonly hasTlbRange?: boolean
  /** Whether a fault takes the mm's mmap_lock for read. Nothing here takes it for write, so it is only a cost. */
  readonly takesMmapLock?: boolean
}

export type VmConfig = {
  /** The number of CPUs: vCPUs come first, ids 0 to vcpus - 1. */
  readonly cpus: number
  readonly vcpus: number
  readonly memslots: readonly MemslotConfig[]
  /** `tdp`: two-dimensional paging, faults under mmu_lock for read. `shadow`: shadow paging, faults under it for write. */
  readonly mmu: 'tdp' | 'shadow'
  readonly preempt: PreemptionModel
  /** Translations that a vCPU's TLB holds; a power of two. */
  readonly tlbEntries: number
  /** Whether a 2 MiB block of the host's memory is one huge page. */
  readonly isHuge: (block: number) => boolean
  /** _Q_PENDING_LOOPS of its spinlocks; as its architecture has it if it is not said. A checker says 1: each look is a step. */
  readonly pendingLoops?: number
  /** By CPU, the NUMA node that it is on: for locks that ask; all on one if it is not said. */
  readonly numaNodes?: readonly number[]
  /** Its memory goes through a stage-2 table, as on arm64; `mmu` says nothing then. */
  readonly stage2?: Stage2Config
  /** VMs on the machine, all alike; one if it is not said. */
  readonly vms?: number
  /** Only of a VM whose guests' APICs are virtualised by an APIC-access page. */
  readonly apic?: ApicConfig
  /** Its memory is VM_PFNMAP: pages whose references are not counted. */
  readonly isPfnmap?: boolean
  /** Whether oracles are on. */
  readonly oracles: boolean
  /** Whether acquisitions and holds of locks are reported. */
  readonly lockStatistics: boolean
  /** Whether the lock order is checked. */
  readonly lockdep?: boolean
  /** The changes of memslots while the VM runs; without it they stay. */
  readonly updates?: MemslotUpdateConfig
  /** Required for freeing page tables; without it they are never freed. */
  readonly nx?: NxConfig
  /** Dirty pages of one of its slots can be logged; it has `updates` and `nx` then. */
  readonly dirtyLog?: DirtyLogConfig
  /** The initial value of mmu_invalidate_seq, unsigned; 0 by default. */
  readonly seqStart?: number
  /** The gfns of which it has gfn_to_pfn_caches. */
  readonly pfnCaches?: readonly number[]
  /** The memslot with a guest_memfd: its gfns can be private or shared, and are shared at first. */
  readonly attributes?: { readonly slot: number }
  /** Whether its load is a recording, whose roles wait for each other. */
  readonly isReplay?: boolean
  /** The VMM has touched all of its memory before the run: every page of the host is present. */
  readonly isPopulated?: boolean
  /** Words for the roles of a load, which are no part of KVM. */
  readonly meetingWords?: number
  /** The recorder of its tracepoints, if any. */
  readonly note?: Note
}

/** All, with shadow paging; else the memory of a nested guest, or none. */
export function shadowedOf({ mmu, nx }: VmConfig): { readonly start: number; readonly end: number } {
  if (mmu === 'shadow') return { start: 0, end: Number.MAX_SAFE_INTEGER }
  return nx === undefined ? { start: 0, end: 0 } : { start: nx.nestedGfn, end: nx.nestedGfn + nx.nestedPages }
}

/** `_Q_PENDING_LOOPS` of the spinlocks: as configured, else the architecture's. */
export const pendingLoopsOf = ({ pendingLoops, stage2 }: VmConfig) =>
  pendingLoops ?? (stage2 === undefined ? X86_PENDING_LOOPS : GENERIC_PENDING_LOOPS)

/** Whether an oracle knows the side on which mmu_lock is held. */
export const isSided = ({ nx, oracles }: VmConfig) => nx !== undefined && oracles

/** The number of pages in a huge page of the host, if it is not 512. */
export function hugePagesOf({ stage2, nx }: VmConfig): number | undefined {
  if (nx !== undefined) return pagesPerLevel(nx.hugeLevel)
  return stage2 === undefined ? undefined : GRANULES[stage2.granule].entries
}

export const hasRmaps = ({ mmu, nx }: VmConfig) => mmu === 'shadow' || (nx !== undefined && nx.nestedPages > 0)
export const everyMemslot = ({ memslots, updates }: VmConfig) => [...memslots, ...(updates?.spare ?? [])]
export const pagesOf = (slots: readonly MemslotConfig[]) => slots.reduce((sum, { pages }) => sum + pages, 0)
