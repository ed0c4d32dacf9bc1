import { BROADCAST_KIND, WORK_KIND, type WorkName } from '../protocols/costs.ts'
import { COUNTER, HISTOGRAM } from '../protocols/counters.ts'
import { countStale, releasePfn } from '../protocols/fault.ts'
import { RETRY } from '../protocols/page-fault.ts'
import type { Vm } from '../protocols/vm.ts'
import { type Gfn, gfnAdd } from '../shared-memory/addresses.ts'
import { type Cpu, wordAt } from '../shared-memory/cpu.ts'
import { DIRTY, LEVEL_4K } from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { OwnPages } from './own-pages.ts'
import { flushAfter } from './scaling-flush.ts'
import { type ScalingPlan, WORDS } from './scaling-plan.ts'
import { handleUserfault, leaveUserfaults } from './userfaultfd.ts'

const LINES_OF_PAGE = 64
/** Gfns of a full PML buffer. */
const PML_ENTRIES = 512

const kinds = (...names: readonly WorkName[]): readonly number[] => names.map((name) => WORK_KIND[name])

/**
 * The costs of an operation before it takes the lock, and under it. `real`: it runs the protocol's own functions, which
 * spend the rest. The others are not re-created: their change of an entry is one exchange.
 */
const PATHS: Readonly<
  Record<
    ScalingPlan['operation'],
    { readonly real: boolean; readonly outside: readonly number[]; readonly locked: readonly number[] }
  >
> = {
  fault: { real: true, outside: kinds('exit_entry'), locked: [] },
  fast: { real: true, outside: kinds('exit_entry'), locked: [] },
  'nx-split': { real: true, outside: kinds('exit_entry'), locked: [] },
  zap: { real: true, outside: [], locked: [] },
  // get_user_pages() finds no page; when a reader has brought it, it looks again.
  uffd: { real: true, outside: kinds('exit_entry', 'faultin_pfn'), locked: [] },
  split: { real: false, outside: kinds('exit_entry', 'faultin_pfn', 'kmalloc'), locked: [] },
  unmap: { real: false, outside: [], locked: kinds('zap_spte') },
  protect: { real: false, outside: [], locked: kinds('change_pte') },
  section: { real: false, outside: [], locked: [] },
  dirty: { real: false, outside: kinds('dirty_page'), locked: [] },
  pml: { real: false, outside: kinds('dirty_page', 'pml_log'), locked: [] },
}

/**
 * The role of a CPU that repeats an operation on the page tables, on its own memory: populating, dirtying, splitting or
 * zapping memory, as KVM's dirty_log_perf_test and demand_paging_test cause it.
 */
export function* runScaling(cpu: Cpu, vm: Vm, plan: ScalingPlan): Steps<void> {
  if (plan.startNs > 0) yield* cpu.untilTime(plan.startNs)
  const pages = PATHS[plan.operation].real ? new OwnPages(cpu, vm, plan) : undefined
  if (pages !== undefined) yield* mapFirst(cpu, vm, plan, pages)
  let operation = 0
  while (cpu.running() && pages?.next(cpu) !== false) {
    operation += 1
    const isTimed = plan.sampleEvery > 0 && operation % plan.sampleEvery === 0
    const beganNs = isTimed ? cpu.now() : 0
    yield* operate(cpu, vm, plan, operation, pages)
    cpu.count(COUNTER.scaling_operations, 1)
    if (isTimed) cpu.record(HISTOGRAM.fault_latency_ns, cpu.now() - beganNs)
  }
  if (plan.operation === 'uffd') yield* leaveUserfaults(cpu, vm, plan.scalers)
}

/** Page tables down to the CPU's first page. */
function* mapFirst(cpu: Cpu, vm: Vm, plan: ScalingPlan, pages: OwnPages): Steps<void> {
  const { fault } = pages
  fault.begin(pages.first, false)
  for (;;) {
    fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
    yield* vm.tables.topup(cpu)
    yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
    yield* lock(cpu, vm, plan)
    const result = yield* vm.kvm.tdpMmuMap(cpu, vm, fault)
    yield* releasePfn(cpu, vm, fault)
    yield* unlock(cpu, vm, plan)
    if (result !== RETRY) break
  }
  pages.begin(cpu, vm)
}

function* operate(cpu: Cpu, vm: Vm, plan: ScalingPlan, index: number, pages: OwnPages | undefined): Steps<void> {
  const { operation } = plan
  if (plan.hotLines > 0) yield* touchHotLines(cpu, vm, plan)
  const { outside } = PATHS[operation]
  for (let at = 0; at < outside.length; at += 1) yield* cpu.work(outside[at]!, 1)
  yield* cpu.work(WORK_KIND.operation_outside, 1)
  if (plan.hotLines > 0) yield* touchHotLines(cpu, vm, plan)
  if (touches(plan, 'outside')) yield* touchMemory(cpu, plan, 'outside')
  if (operation === 'dirty' || operation === 'pml') return yield* dirty(cpu, vm, plan, index)
  if (pages === undefined) return yield* exchange(cpu, vm, plan, index)
  if (operation === 'uffd') yield* handleUserfault(cpu, vm)
  if (operation === 'zap') return yield* zap(cpu, vm, plan, pages)
  if (operation !== 'fast') return yield* map(cpu, vm, plan, pages)
  if (plan.lock === 'none') yield* fixWithoutLock(cpu, vm, plan, pages)
  else yield* map(cpu, vm, plan, pages)
  yield* cpu.broadcast(BROADCAST_KIND.dirty_log, 1)
}

/** `fast_page_fault()`. */
function* fixWithoutLock(cpu: Cpu, vm: Vm, plan: ScalingPlan, { fault }: OwnPages): Steps<void> {
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  yield* vm.kvm.fastPageFault(cpu, vm, fault)
  yield* inside(cpu, plan)
  yield* flushAfter(cpu, vm, plan)
}

/** `kvm_tdp_mmu_page_fault()` after fast_page_fault() has failed, under the requested lock: maps, restores write permission, or splits. */
function* map(cpu: Cpu, vm: Vm, plan: ScalingPlan, { fault }: OwnPages): Steps<void> {
  fault.beginTry()
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  yield* vm.tables.topup(cpu)
  yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
  yield* lock(cpu, vm, plan)
  const stale = yield* vm.kvm.isPageFaultStale(cpu, vm, fault)
  if (stale) countStale(cpu, fault)
  else yield* vm.kvm.tdpMmuMap(cpu, vm, fault)
  yield* inside(cpu, plan)
  yield* releasePfn(cpu, vm, fault)
  yield* flushAfter(cpu, vm, plan)
  yield* unlock(cpu, vm, plan)
}

function* zap(cpu: Cpu, vm: Vm, plan: ScalingPlan, { fault }: OwnPages): Steps<void> {
  yield* lock(cpu, vm, plan)
  yield* vm.kvm.tdpMmuUnmapGfnRange(cpu, vm, fault.gfn, gfnAdd(fault.gfn, 1), false, false)
  yield* inside(cpu, plan)
  yield* flushAfter(cpu, vm, plan)
  yield* unlock(cpu, vm, plan)
}

/** An operation whose path is a cost: an entry of a table of this CPU's is what it changes. */
function* exchange(cpu: Cpu, vm: Vm, plan: ScalingPlan, index: number): Steps<void> {
  const { operation } = plan
  yield* lock(cpu, vm, plan)
  const { locked } = PATHS[operation]
  for (let at = 0; at < locked.length; at += 1) yield* cpu.work(locked[at]!, 1)
  yield* inside(cpu, plan)
  if (operation !== 'section') {
    yield* cpu.xchg(vm.tables.sptep(1 + cpu.id, (index & 511) as Gfn, LEVEL_4K), index)
    yield* flushAfter(cpu, vm, plan)
  }
  yield* unlock(cpu, vm, plan)
}

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

function* lock(cpu: Cpu, vm: Vm, plan: ScalingPlan): Steps<void> {
  if (plan.lock === 'write') return yield* vm.mmuLock.writeLock(cpu)
  if (plan.lock === 'read') return yield* vm.mmuLock.readLock(cpu)
  if (plan.lock === 'spin') return yield* vm.mnInvalidateLock.acquire(cpu)
}

function* unlock(cpu: Cpu, vm: Vm, plan: ScalingPlan): Steps<void> {
  if (plan.lock === 'write') return yield* vm.mmuLock.writeUnlock(cpu)
  if (plan.lock === 'read') return yield* vm.mmuLock.readUnlock(cpu)
  if (plan.lock === 'spin') return yield* vm.mnInvalidateLock.release(cpu)
}

/** The declared further cost of an operation under the lock. */
function* inside(cpu: Cpu, plan: ScalingPlan): Steps<void> {
  yield* cpu.work(WORK_KIND.operation_locked, 1)
  if (touches(plan, 'inside')) yield* touchMemory(cpu, plan, 'inside')
}

function* touchHotLines(cpu: Cpu, vm: Vm, { hotLines }: ScalingPlan): Steps<void> {
  for (let line = 0; line < hotLines; line += 1) yield* cpu.add(wordAt(vm.meeting, WORDS.hot(line)), 1)
}

const touches = ({ clear, clean }: ScalingPlan, where: 'inside' | 'outside') => clear === where || clean === where

function* touchMemory(cpu: Cpu, { clear, clean, pages }: ScalingPlan, where: 'inside' | 'outside'): Steps<void> {
  if (clear === where) yield* cpu.broadcast(BROADCAST_KIND.clear_page, pages)
  if (clean === where) yield* cpu.work(WORK_KIND.dc_clean_line, pages * LINES_OF_PAGE)
}
