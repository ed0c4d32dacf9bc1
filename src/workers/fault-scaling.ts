import { BROADCAST_KIND, WORK_KIND, type WorkName } from '../protocols/costs.ts'
import { COUNTER, HISTOGRAM } from '../protocols/counters.ts'
import { makeAllCpusRequest } from '../protocols/remote-flush.ts'
import { KVM_REQ_TLB_FLUSH } from '../protocols/requests.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import { type Cpu, RELAXED } from '../shared-memory/cpu.ts'
import { DIRTY, LEVEL_4K } from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { handleUserfault, leaveUserfaults } from './userfaultfd.ts'

/** What each operation of a CPU does, as data that can be sent to a worker. */
export type ScalingPlan = {
  readonly operation:
    | 'fault'
    | 'fast'
    | 'split'
    | 'nx-split'
    | 'zap'
    | 'unmap'
    | 'protect'
    | 'section'
    | 'dirty'
    | 'pml'
    | 'uffd'
  readonly lock: 'write' | 'read' | 'none' | 'spin'
  /**
   * After it: none; of this CPU alone; `flushUnits` TLBIs and their DSB; both twice, as break-before-make does; INVLPGB and TLBSYNC; requests
   * to all vCPUs.
   */
  readonly flush: 'none' | 'local' | 'tlbi' | 'broadcast' | 'invlpgb' | 'remote'
  readonly flushUnits: number
  /** Lines that all CPUs change before and after, as readers of mmap_lock do. */
  readonly hotLines: number
  /** Pages of 4 KiB that are cleared, or cleaned from the D-cache, and whether the lock is held meanwhile. */
  readonly clear: 'none' | 'inside' | 'outside'
  readonly clean: 'none' | 'inside' | 'outside'
  readonly pages: number
  /** One operation in this many is timed; 0: none. */
  readonly sampleEvery: number
  /** CPUs that do the same. */
  readonly scalers: number
}

const ENTRIES_OF_LINE = 16
const LINES_OF_PAGE = 64

const kinds = (...names: readonly WorkName[]): readonly number[] => names.map((name) => WORK_KIND[name])

/** What the operation's path spends without mmu_lock and under it: the same costs as in every other scenario. */
const PATHS: Readonly<
  Record<ScalingPlan['operation'], { readonly outside: readonly number[]; readonly locked: readonly number[] }>
> = {
  fault: { outside: kinds('exit_entry', 'faultin_pfn'), locked: kinds('map_spte') },
  fast: { outside: kinds('exit_entry', 'fast_fault'), locked: [] },
  split: { outside: kinds('exit_entry', 'faultin_pfn', 'kmalloc'), locked: [] },
  zap: { outside: [], locked: kinds('zap_spte') },
  unmap: { outside: [], locked: kinds('zap_spte') },
  protect: { outside: [], locked: kinds('change_pte') },
  section: { outside: [], locked: [] },
  'nx-split': { outside: kinds('exit_entry', 'faultin_pfn', 'kmalloc'), locked: kinds('map_spte', 'populate_table') },
  dirty: { outside: kinds('dirty_page'), locked: [] },
  pml: { outside: kinds('dirty_page', 'pml_log'), locked: [] },
  uffd: { outside: kinds('exit_entry', 'faultin_pfn'), locked: kinds('map_spte') },
}

/**
 * The role of a CPU that does one operation on the page tables after the other, each on an entry of its own: populating,
 * dirtying, splitting or zapping memory as KVM's dirty_log_perf_test and demand_paging_test have it done. Everything but the
 * locks, the entry and the shared resources is a cost.
 */
export function* runScaling(cpu: Cpu, vm: Vm, plan: ScalingPlan): Steps<void> {
  let operation = 0
  while (cpu.running()) {
    operation += 1
    const isTimed = plan.sampleEvery > 0 && operation % plan.sampleEvery === 0
    const beganNs = isTimed ? cpu.now() : 0
    yield* operate(cpu, vm, plan, operation)
    cpu.count(COUNTER.scaling_operations, 1)
    if (isTimed) cpu.record(HISTOGRAM.fault_latency_ns, cpu.now() - beganNs)
  }
  if (plan.operation === 'uffd') yield* leaveUserfaults(cpu, vm, plan.scalers)
}

function* operate(cpu: Cpu, vm: Vm, plan: ScalingPlan, index: number): Steps<void> {
  const { operation, lock } = plan
  if (plan.hotLines > 0) yield* touchHotLines(cpu, vm, plan)
  const { outside } = PATHS[operation]
  for (let at = 0; at < outside.length; at += 1) yield* cpu.work(outside[at]!, 1)
  yield* cpu.work(WORK_KIND.operation_outside, 1)
  if (plan.hotLines > 0) yield* touchHotLines(cpu, vm, plan)
  if (touches(plan, 'outside')) yield* touchMemory(cpu, plan, 'outside')
  if (operation === 'dirty' || operation === 'pml') return yield* dirty(cpu, vm, plan, index)
  if (operation === 'uffd') {
    yield* handleUserfault(cpu, vm)
    // get_user_pages() looks again.
    yield* cpu.work(WORK_KIND.faultin_pfn, 1)
  }
  if (lock === 'write') yield* vm.mmuLock.writeLock(cpu)
  else if (lock === 'read') yield* vm.mmuLock.readLock(cpu)
  else if (lock === 'spin') yield* vm.mnInvalidateLock.acquire(cpu)
  yield* change(cpu, vm, plan, index)
  if (operation === 'nx-split') yield* trackPossibleNx(cpu, vm, lock === 'spin')
  if (lock === 'write') yield* vm.mmuLock.writeUnlock(cpu)
  else if (lock === 'read') yield* vm.mmuLock.readUnlock(cpu)
  else if (lock === 'spin') yield* vm.mnInvalidateLock.release(cpu)
  if (operation === 'fast') yield* cpu.broadcast(BROADCAST_KIND.dirty_log, 1)
}

/** What is done to the entry, under the lock if there is one. */
function* change(cpu: Cpu, vm: Vm, plan: ScalingPlan, index: number): Steps<void> {
  const { operation, flush } = plan
  const { locked } = PATHS[operation]
  for (let at = 0; at < locked.length; at += 1) yield* cpu.work(locked[at]!, 1)
  yield* cpu.work(WORK_KIND.operation_locked, 1)
  if (operation === 'section') return
  if (touches(plan, 'inside')) yield* touchMemory(cpu, plan, 'inside')
  // Each CPU has a table of its own: entries are not what is contended for.
  const sptep = vm.tables.sptep(1 + cpu.id, (index & 511) as Gfn, LEVEL_4K)
  yield* cpu.xchg(sptep, index)
  if (flush === 'local') yield* cpu.work(WORK_KIND.tlbi_local, plan.flushUnits)
  if (flush === 'tlbi' || flush === 'broadcast') yield* invalidate(cpu, plan.flushUnits)
  if (flush === 'broadcast') yield* invalidate(cpu, plan.flushUnits)
  if (flush === 'invlpgb') yield* cpu.work(WORK_KIND.invlpgb, 1)
  if (flush === 'remote') yield* requestFlush(cpu, vm)
}

/** Gfns of a full PML buffer. */
const PML_ENTRIES = 512

/**
 * The guest writes to a page that needs no fault: it is writable. `pml`: the hardware logs the gfn, and a full buffer makes the vCPU leave the guest and
 * set the bits of its gfns in the log, without mmu_lock.
 */
function* dirty(cpu: Cpu, vm: Vm, { operation }: ScalingPlan, index: number): Steps<void> {
  const entry = index & (PML_ENTRIES - 1)
  // The Dirty bit of the entry, which the hardware sets.
  yield* cpu.or(vm.tables.sptep(1 + cpu.id, entry as Gfn, LEVEL_4K), DIRTY)
  if (operation === 'dirty') return
  if (entry !== 0) return
  yield* cpu.work(WORK_KIND.exit_entry, 1)
  yield* cpu.work(WORK_KIND.mark_page_dirty, PML_ENTRIES)
}

/** `track_possible_nx_huge_page()`: all splits of a VM put their page on one list, under one spinlock, unless they hold it instead of mmu_lock. */
function* trackPossibleNx(cpu: Cpu, vm: Vm, isHeld: boolean): Steps<void> {
  if (!isHeld) yield* vm.mnInvalidateLock.acquire(cpu)
  yield* cpu.add(vm.tables.sptep(0, LIST_HEAD, LEVEL_4K), 1, RELAXED)
  if (!isHeld) yield* vm.mnInvalidateLock.release(cpu)
}

/** Behind the hot lines. */
const LIST_HEAD = (16 * ENTRIES_OF_LINE) as Gfn

/** TLBIs and their DSB ISH; break-before-make has one of IPAS2E1IS and one of VMALLE1IS. */
function* invalidate(cpu: Cpu, units: number): Steps<void> {
  yield* cpu.broadcast(BROADCAST_KIND.tlbi, units)
  yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
}

/** They lie in table 0, of which nothing else changes an entry here: 16 entries are one line. */
function* touchHotLines(cpu: Cpu, vm: Vm, { hotLines }: ScalingPlan): Steps<void> {
  for (let line = 0; line < hotLines; line += 1) {
    yield* cpu.add(vm.tables.sptep(0, (line * ENTRIES_OF_LINE) as Gfn, LEVEL_4K), 1)
  }
}

function* requestFlush(cpu: Cpu, vm: Vm): Steps<void> {
  yield* cpu.work(WORK_KIND.make_request, vm.vcpus.length)
  yield* makeAllCpusRequest(cpu, vm, KVM_REQ_TLB_FLUSH, COUNTER.tlb_flush_ipis)
}

const touches = ({ clear, clean }: ScalingPlan, where: 'inside' | 'outside') => clear === where || clean === where

function* touchMemory(cpu: Cpu, { clear, clean, pages }: ScalingPlan, where: 'inside' | 'outside'): Steps<void> {
  if (clear === where) yield* cpu.broadcast(BROADCAST_KIND.clear_page, pages)
  if (clean === where) yield* cpu.work(WORK_KIND.dc_clean_line, pages * LINES_OF_PAGE)
}
