import { GENERIC_PENDING_LOOPS, X86_PENDING_LOOPS } from '../shared-memory/locks/qspinlock.ts'
import { pagesPerLevel } from '../shared-memory/page-tables/spte.ts'
import { GRANULES, type Granule } from '../shared-memory/page-tables/stage2-pte.ts'
import type { MemslotConfig } from './memslots/memslot.ts'
import type { Note } from './tracepoints.ts'

/** How the host kernel was booted: `preempt=`. */
export type PreemptionModel = 'none' | 'voluntary' | 'full' | 'lazy'

/** A VM with APIC-access virtualisation, as data. One of its memslots is the private one. */
export type ApicConfig = {
  readonly gfn: number
  /**
   * How many vCPUs, those with the highest ids, have their APIC in x2APIC mode: their VMCS has no APIC-access address, and to
   * them the page is memory like any other.
   */
  readonly x2apicVcpus: number
}

/** What changes in the memslots of a VM while it runs. */
export type MemslotUpdateConfig = {
  /** Slots that are not there at first, and come and go. */
  readonly spare: readonly MemslotConfig[]
  /**
   * mmu_notifier_invalidate_range_start, of which lockdep is told that the core holds it while it calls back. `graph`: lockdep
   * alone knows of it, as in the kernel; `mutex`: it excludes, and stands for a lock of the mm; `none`: no function takes it.
   */
  readonly pseudoLock: 'none' | 'graph' | 'mutex'
  /** What the deletion of a slot zaps: everything, as x86 does unless KVM_X86_QUIRK_SLOT_ZAP_ALL is off, or that slot. */
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
  /** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: the VMM asks first, and has cleared later what it asks for. */
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
  /** Lines of memory that one operation by line stands for: 1 is the machine as it is. Decisions are made on true sizes. */
  readonly scale: number
  /** FEAT_TLBIRANGE, of Armv8.4: one TLBI takes a range of IPAs. */
  readonly hasTlbRange?: boolean
  /** Whether a fault takes the mm's mmap_lock for read. Nothing here takes it for write, so it is a cost and no part of the protocol. */
  readonly takesMmapLock?: boolean
}

export type VmConfig = {
  /** How many CPUs run: vCPUs come first, ids 0 to vcpus - 1. */
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
  /** Whether oracles watch. */
  readonly oracles: boolean
  /** Whether acquisitions and holds of locks are reported. */
  readonly lockStatistics: boolean
  /** Whether the order in which locks are taken is watched. */
  readonly lockdep?: boolean
  /** The changes of memslots while the VM runs; without it they stay. */
  readonly updates?: MemslotUpdateConfig
  /** What is needed so that page tables can be taken away; left out, they never are. */
  readonly nx?: NxConfig
  /** Dirty pages of one of its slots can be logged; it has `updates` and `nx` then. */
  readonly dirtyLog?: DirtyLogConfig
  /** What mmu_invalidate_seq begins with, unsigned; 0 if it is not said. */
  readonly seqStart?: number
  /** The gfns of which it has gfn_to_pfn_caches. */
  readonly pfnCaches?: readonly number[]
  /** The memslot with a guest_memfd: its gfns can be private or shared, and are shared at first. */
  readonly attributes?: { readonly slot: number }
  /** Whether its load is a recording, whose roles wait for each other. */
  readonly isReplay?: boolean
  /** Where its tracepoints are taken down, if they are. */
  readonly note?: Note
}

/** All, with shadow paging; else the memory of a nested guest, or none. */
export function shadowedOf({ mmu, nx }: VmConfig): { readonly start: number; readonly end: number } {
  if (mmu === 'shadow') return { start: 0, end: Number.MAX_SAFE_INTEGER }
  return nx === undefined ? { start: 0, end: 0 } : { start: nx.nestedGfn, end: nx.nestedGfn + nx.nestedPages }
}

/** `_Q_PENDING_LOOPS` of the spinlocks: what is configured, else the architecture's. */
export const pendingLoopsOf = ({ pendingLoops, stage2 }: VmConfig) =>
  pendingLoops ?? (stage2 === undefined ? X86_PENDING_LOOPS : GENERIC_PENDING_LOOPS)

/** Whether an oracle knows the side on which mmu_lock is held. */
export const isSided = ({ nx, oracles }: VmConfig) => nx !== undefined && oracles

/** How many pages a huge page of the host has, where that is not 512. */
export function hugePagesOf({ stage2, nx }: VmConfig): number | undefined {
  if (nx !== undefined) return pagesPerLevel(nx.hugeLevel)
  return stage2 === undefined ? undefined : GRANULES[stage2.granule].entries
}

export const hasRmaps = ({ mmu, nx }: VmConfig) => mmu === 'shadow' || (nx !== undefined && nx.nestedPages > 0)
export const everyMemslot = ({ memslots, updates }: VmConfig) => [...memslots, ...(updates?.spare ?? [])]
export const pagesOf = (slots: readonly MemslotConfig[]) => slots.reduce((sum, { pages }) => sum + pages, 0)
