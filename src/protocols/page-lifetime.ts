import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Mmu } from './nx/mmu-pages.ts'
import type { Fault } from './page-fault.ts'
import type { Vcpu } from './vcpu.ts'
import type { Vm } from './vm.ts'

/** The roots of the TDP MMU, for walks over all of them. */
export interface TdpRoots {
  readonly slots: number
  /** `kvm_tdp_mmu_get_root()`: false if it is on its way out. */
  get(cpu: Cpu, root: number): Steps<boolean>
  /** Whether it is on the list: at least one reference to it is held. */
  isThere(cpu: Cpu, root: number): Steps<boolean>
  /** Whether it is marked invalid. */
  isInvalid(cpu: Cpu, root: number): Steps<boolean>
  /** Drops a reference; whether it was the last one. */
  put(cpu: Cpu, root: number): Steps<boolean>
  /** The page table of a valid root, or NO_PAGE. For a walk without a reference: mmu_lock, or RCU, keeps it. */
  validTableOf(cpu: Cpu, root: number): Steps<number>
  /** The page table of a root to which a reference is held. */
  tableOf(cpu: Cpu, root: number): Steps<number>
}

/**
 * The lifetime of the pages of page tables. In some VMs tables stay forever; in others recovery, or the end of a root,
 * frees them: `Nx`.
 */
export interface PageLifetime {
  readonly roots: TdpRoots
  /** Whether a guest that executes gets small pages, which huge ones may replace later. */
  readonly splitsForExec: boolean
  /** The table at which a walk for a gfn begins on this CPU. */
  rootFor(cpu: Cpu, gfn: Gfn): number
  /** The entry of `table` for a gfn, of a walk by software. */
  sptep(cpu: Cpu, table: number, gfn: Gfn, level: number): Word
  /** `rcu_read_lock()`: tables that are walked are not freed. */
  rcuReadLock(cpu: Cpu): Steps<void>
  rcuReadUnlock(cpu: Cpu): Steps<void>
  /** The same around a fault that maps. */
  mapEnds(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<void>
  /** `walk_shadow_page_lockless_begin()`, `_end()`. */
  locklessBegin(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<void>
  locklessEnd(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<void>
  /** `disallowed_hugepage_adjust()`: the table to descend into although a huge page would fit here, or NO_PAGE. */
  disallowedChild(cpu: Cpu, spte: number, level: number): Steps<number>
  /** `tdp_mmu_init_child_sp()`: readies the table that is to replace `spte`, an entry of `level`. */
  initChild(cpu: Cpu, fault: Fault, table: number, mmu: Mmu, level: number, sptep: Word): Steps<void>
  /** `tdp_mmu_split_huge_page()`, before the table is linked. */
  splitHugePage(cpu: Cpu, vm: Vm, table: number, spte: number, level: number): Steps<void>
  /** The table is not linked after all. */
  abandonChild(cpu: Cpu, table: number, spte: number, level: number): Steps<void>
  /** For oracles: it is linked. */
  linked(cpu: Cpu, vm: Vm, gfn: Gfn, sptep: Word, table: number): void
  /** `drop_large_spte()`: a huge page of the shadow MMU makes room for a table. */
  dropLargeSpte(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, spte: number, level: number): Steps<void>
  /** A huge page has taken the place of the table that `replaced` points to. */
  dropChild(cpu: Cpu, vm: Vm, replaced: number): Steps<void>
  /** `is_obsolete_sp()` of the root that this CPU's vCPU is on. */
  isRootObsolete(cpu: Cpu): Steps<boolean>
  /** `kvm_mmu_unload()`, and a root is loaded. */
  reloadRoot(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void>
  /** `kvm_mmu_free_obsolete_roots()`, and the root is loaded that takes its place. */
  freeObsoleteRoots(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void>
  /** For oracles: the leaf for a gfn in any root. */
  peekLeaf(cpu: Cpu, gfn: Gfn): number
}
