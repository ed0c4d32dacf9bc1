import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu, Side } from '../../shared-memory/cpu.ts'
import type { TdpIter } from '../../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Vm } from '../vm.ts'
import type { Nx } from './nx.ts'

/** Where the variants of system 1 differ. Numbers are the steps of the reference. */
export type NxRules = {
  /** What mmu_lock is: a spinlock before 5.12. */
  readonly mmuLock: 'rwlock' | 'spinlock'
  /** Whether the two MMUs share one list of possible NX huge pages. */
  readonly hasOneList: boolean
  /** The side of mmu_lock under which pages of the TDP MMU are recovered. */
  readonly tdpSide: Side
  /** N2 to N11: one round of the worker, which recovers one page in `ratio`. */
  readonly recover: (cpu: Cpu, vm: Vm, nx: Nx, ratio: number) => Steps<void>
  /** N8: zaps a page of the TDP MMU; whether the TLBs must be flushed for it. */
  readonly zapPage: (cpu: Cpu, vm: Vm, nx: Nx, table: number) => Steps<boolean>
  /** N9: what must be flushed so far, and what N8 said. */
  readonly accumulate: (flush: boolean, contributed: boolean) => boolean
  /** N10 and N11: flushes what must be, and leaves RCU. */
  readonly flushAndLeaveRcu: (cpu: Cpu, vm: Vm, nx: Nx, flush: boolean) => Steps<void>
  /** N10: `cond_resched_rwlock_read()` or `_write()`. */
  readonly condResched: (cpu: Cpu, vm: Vm, nx: Nx, side: Side) => Steps<void>
  /** F12, with tdp_mmu_pages_lock held: whether a page that was linked still is to go on the list. */
  readonly isStillDisallowed: (cpu: Cpu, nx: Nx, table: number) => Steps<boolean>
  /** Whether tearing down a page table flushes by itself, as it did from 5.10 to 5.17. */
  readonly flushesAtTeardown: boolean
  /** `call_rcu()` of a page table that was unlinked. */
  readonly freeTable: (cpu: Cpu, nx: Nx, table: number) => Steps<void>

  /** S7 with several roots: zaps the leafs of [start, end) in each; `flush` goes in and comes out. */
  readonly unmapRoots: (
    cpu: Cpu,
    vm: Vm,
    nx: Nx,
    start: Gfn,
    end: Gfn,
    canYield: boolean,
    flush: boolean,
  ) => Steps<boolean>
  /** `for_each_tdp_mmu_root_yield_safe()`: the root after this one. */
  readonly nextRoot: (cpu: Cpu, vm: Vm, nx: Nx, root: number) => Steps<number>
  /** Z1: mmu_lock was dropped in the middle of a walk. */
  readonly afterYield: (cpu: Cpu, vm: Vm, iter: TdpIter) => Steps<void>
}
