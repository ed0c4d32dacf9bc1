import { type Gfn, gfnAdd } from '../shared-memory/addresses.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import { isPresentLeaf, LEVEL_4K, NONPRESENT, W } from '../shared-memory/page-tables/spte.ts'
import type { TdpIter } from '../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { WORK_KIND } from './costs.ts'
import { COUNTER } from './counters.ts'
import type { Memslot } from './memslots/memslots.ts'
import type { Nx } from './nx/nx.ts'
import { assertFlushed, assertProgress, clearInvalidating, markInvalidating, walkBegins } from './oracles.ts'
import { flushRemoteTlbs } from './remote-flush.ts'
import { condReschedRwlockWrite } from './resched.ts'
import { isStage2 } from './stage2/stage2.ts'
import { unmapStage2Range } from './stage2/unmap.ts'
import type { Vm } from './vm.ts'

/**
 * `kvm_unmap_gfn_range()`: zaps every leaf of [start, end), with mmu_lock held for write. May drop it on the way. `flush` comes
 * in with what is pending and goes out with what is: whoever holds the lock in the end flushes.
 */
export function* unmapGfnRange(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn, flush: boolean): Steps<boolean> {
  cpu.count(COUNTER.unmap_gfn_range_calls, 1)
  return yield* zapLeafs(cpu, vm, slot, start, end, flush)
}

function* zapLeafs(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn, flush: boolean): Steps<boolean> {
  if (isStage2(vm)) {
    yield* unmapStage2Range(cpu, vm, start, end)
    return flush
  }
  const pending = yield* zapOfMmu(cpu, vm, slot, start, end, flush)
  const apic = vm.apic
  if (apic === undefined || apic.gfn < start || apic.gfn >= end) return pending
  return yield* vm.rules.apic.unmapped(cpu, vm, pending)
}

/** Every leaf of a memslot, with mmu_lock held for write. */
export function* zapSlotLeafs(cpu: Cpu, vm: Vm, slot: Memslot, flush: boolean): Steps<boolean> {
  const start = yield* vm.memslots.baseGfn(cpu, slot)
  const pages = yield* vm.memslots.pages(cpu, slot)
  const end = gfnAdd(start, pages)
  return yield* zapOfMmu(cpu, vm, slot, start, end, flush)
}

/** The leafs of whichever MMU, or MMUs, the VM has. */
function* zapOfMmu(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn, flush: boolean): Steps<boolean> {
  if (vm.config.mmu === 'shadow') return yield* rmapZapGfnRange(cpu, vm, slot, start, end, flush)
  if (vm.nx !== undefined) return yield* unmapBothMmus(cpu, vm, vm.nx, slot, start, end, flush)
  return yield* tdpZapLeafs(cpu, vm, start, end, flush)
}

/** A nested guest's memory is mapped by the shadow MMU, everything else by every root of the TDP MMU. */
function* unmapBothMmus(
  cpu: Cpu,
  vm: Vm,
  nx: Nx,
  slot: Memslot,
  start: Gfn,
  end: Gfn,
  pending: boolean,
): Steps<boolean> {
  const { nestedGfn, nestedPages } = nx.config
  const nestedStart = Math.max(start, nestedGfn) as Gfn
  const nestedEnd = Math.min(end, nestedGfn + nestedPages) as Gfn
  const flush =
    nestedStart < nestedEnd ? yield* rmapZapGfnRange(cpu, vm, slot, nestedStart, nestedEnd, pending) : pending
  return yield* vm.rules.nx.unmapRoots(cpu, vm, nx, start, end, flush)
}

/** Z: `tdp_mmu_zap_leafs()`, of one root. */
export function* tdpZapLeafs(
  cpu: Cpu,
  vm: Vm,
  start: Gfn,
  end: Gfn,
  pending: boolean,
  root: number = vm.tables.root,
): Steps<boolean> {
  const iter = vm.local[cpu.id]!.iter
  let flush = pending
  walkBegins(cpu, vm)
  yield* iter.start(cpu, LEVEL_4K, start, root)
  for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
    const yielded = yield* tdpIterCondResched(cpu, vm, iter, flush)
    if (yielded) {
      flush = false
      continue
    }
    if (!isPresentLeaf(iter.oldSpte, iter.level)) continue
    yield* zapSpte(cpu, vm, iter.sptep)
    flush = true
  }
  return flush
}

/** Z3: nobody else holds mmu_lock, but the hardware may set bits, so the entry is exchanged. */
export function* zapSpte(cpu: Cpu, vm: Vm, sptep: Word): Steps<void> {
  yield* cpu.xchg(sptep, NONPRESENT)
  yield* cpu.work(WORK_KIND.zap_spte, 1)
  cpu.count(COUNTER.leafs_zapped, 1)
  vm.local[cpu.id]!.pendingFlush = true
}

/**
 * Z1: `tdp_mmu_iter_cond_resched()`. Lets go of mmu_lock if somebody waits for it, at most once per step sideways, and not
 * before the TLBs are flushed: that is the VM-wide flush that contention costs. Note that the flush is paid before it is
 * known whether the lock will be dropped.
 */
export function* tdpIterCondResched(cpu: Cpu, vm: Vm, iter: TdpIter, flush: boolean): Steps<boolean> {
  const needbreak = yield* vm.rules.needbreak(cpu, vm, iter.gfn)
  if (!needbreak && !cpu.needResched()) return false
  if (iter.nextLastLevelGfn === iter.yieldedGfn) {
    cpu.count(COUNTER.yield_suppressed_progress, 1)
    return false
  }
  if (flush) yield* flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_yield)
  assertProgress(cpu, vm, iter.nextLastLevelGfn)
  if (vm.nx !== undefined) yield* vm.nx.rcu.readUnlock(cpu)
  yield* condReschedRwlockWrite(cpu, vm, iter.gfn)
  if (vm.nx !== undefined) yield* vm.nx.rcu.readLock(cpu)
  yield* vm.rules.nx.afterYield(cpu, vm, iter)
  return true
}

/** The same with shadow paging: `__kvm_rmap_zap_gfn_range()`, one reverse map a gfn. */
function* rmapZapGfnRange(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn, pending: boolean): Steps<boolean> {
  let flush = pending
  walkBegins(cpu, vm)
  const first = yield* vm.memslots.rmap(cpu, slot, start)
  for (let gfn = start; gfn < end; gfn = (gfn + 1) as Gfn) {
    const rmap = vm.rmap(first + (gfn - start))
    const sptep = yield* cpu.read(rmap)
    if (sptep !== 0) {
      yield* zapSpte(cpu, vm, sptep as Word)
      yield* cpu.write(rmap, 0)
      flush = true
    }
    flush = yield* rmapCondResched(cpu, vm, gfn, flush)
  }
  return flush
}

/** In `walk_slot_rmaps()`: no guard of progress is needed, as each turn has looked at a gfn. */
function* rmapCondResched(cpu: Cpu, vm: Vm, gfn: Gfn, flush: boolean): Steps<boolean> {
  const needbreak = yield* vm.rules.needbreak(cpu, vm, gfn)
  if (!needbreak && !cpu.needResched()) return flush
  if (flush) yield* flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_yield)
  assertProgress(cpu, vm, gfn)
  yield* condReschedRwlockWrite(cpu, vm, gfn)
  return false
}

/**
 * `kvm_zap_gfn_range()`: KVM zaps for reasons of its own, such as a change of memory types. Faults are held off as by an
 * invalidation, but no page changes hands.
 */
export function* zapGfnRange(cpu: Cpu, vm: Vm, slot: Memslot, start: Gfn, end: Gfn): Steps<void> {
  cpu.count(COUNTER.zap_gfn_range_calls, 1)
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.rules.invalidateBegin(cpu, vm)
  markInvalidating(cpu, vm, start, end)
  yield* vm.rules.invalidateRangeAdd(cpu, vm, start, end)
  const flush = yield* zapLeafs(cpu, vm, slot, start, end, false)
  if (flush) yield* flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
  clearInvalidating(cpu, vm)
  yield* vm.rules.invalidateEnd(cpu, vm)
  assertFlushed(cpu, vm, start)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/**
 * `wrprot_gfn_range()`, as when a dirty log is cleared: write permission is taken by CAS, with mmu_lock held for read, and
 * the TLBs are flushed afterwards. What makes fast_page_fault() worth its while.
 */
export function* wrprotGfnRange(cpu: Cpu, vm: Vm, start: Gfn, end: Gfn): Steps<void> {
  const iter = vm.local[cpu.id]!.iter
  let flush = false
  cpu.count(COUNTER.wrprot_gfn_range_calls, 1)
  yield* vm.mmuLock.readLock(cpu)
  yield* iter.start(cpu, LEVEL_4K, start)
  while (iter.valid && iter.gfn < end) {
    const spte = iter.oldSpte
    if (isPresentLeaf(spte, iter.level) && (spte & W) !== 0) {
      const was = yield* cpu.cas(iter.sptep, spte, spte & ~W)
      // goto retry: whoever changed the entry may have left it writable.
      if (was !== spte) {
        iter.oldSpte = was
        continue
      }
      cpu.count(COUNTER.sptes_wrprotected, 1)
      flush = true
    }
    yield* iter.next(cpu)
  }
  yield* vm.mmuLock.readUnlock(cpu)
  if (flush) yield* flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_wrprot)
}
