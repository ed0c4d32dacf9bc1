import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { isPresentLeaf, LEVEL_2M, LEVEL_4K, W } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { walkBegins } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { assertInRcu } from '../nx/oracles.ts'
import { NO_ROOT } from '../nx/roots.ts'
import { SITE } from '../sites.ts'
import type { Vm } from '../vm.ts'
import { BITS } from './dirty-log.ts'
import { assertLogged, markCopied } from './oracles.ts'
import { splitHugePagesRoot } from './start-walks.ts'

// virt/kvm/kvm_main.c: the VMM asks which pages are dirty, with slots_lock held.

/** The ioctl KVM_GET_DIRTY_LOG. The answer is in `user`. */
export function* getDirtyLog(cpu: Cpu, vm: Vm): Steps<void> {
  vm.lockdep?.at(cpu, SITE.kvm_vm_ioctl_get_dirty_log)
  yield* vm.updates!.slotsLock.acquire(cpu)
  yield* vm.kvm.getDirtyLogProtect(cpu, vm)
  cpu.count(COUNTER.dirty_log_gets, 1)
  assertLogged(cpu, vm)
  if (!vm.dirtyLog!.config.isManual) markCopied(cpu, vm, 0, vm.dirtyLog!.pages)
  yield* vm.updates!.slotsLock.release(cpu)
}

/** The ioctl KVM_CLEAR_DIRTY_LOG for the pages [first, first + pages) of the slot: dirty pages that the VMM has read are logged again. */
export function* clearDirtyLog(cpu: Cpu, vm: Vm, first: number, pages: number): Steps<void> {
  vm.lockdep?.at(cpu, SITE.kvm_vm_ioctl_clear_dirty_log)
  yield* vm.updates!.slotsLock.acquire(cpu)
  yield* vm.kvm.clearDirtyLogProtect(cpu, vm, first, pages)
  cpu.count(COUNTER.dirty_log_clears, 1)
  markCopied(cpu, vm, first, Math.min(first + pages, vm.dirtyLog!.pages))
  yield* vm.updates!.slotsLock.release(cpu)
}

/**
 * `kvm_get_dirty_log_protect()`: with KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 it only copies the bitmap; without it, copied bits
 * are cleared and their pages write-protected at once, the whole slot under one hold of mmu_lock, with one flush afterwards.
 */
export function* getDirtyLogProtect(cpu: Cpu, vm: Vm): Steps<void> {
  const log = vm.dirtyLog!
  if (log.config.isManual) return yield* copyDirtyLog(cpu, vm)
  let flush = false
  yield* vm.mmuLock.writeLock(cpu)
  for (let word = 0; word < log.words; word += 1) {
    const bits = yield* cpu.read(log.bitmap(word))
    // The snapshot is taken before the pages are protected: a write in between is in the next answer.
    const mask = bits === 0 ? 0 : yield* cpu.xchg(log.bitmap(word), 0)
    yield* cpu.write(log.user(word), mask)
    if (mask === 0) continue
    flush = true
    yield* vm.kvm.archMmuEnableLogDirtyPtMasked(cpu, vm, word * BITS, mask)
  }
  yield* vm.mmuLock.writeUnlock(cpu)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_clear)
}

function* copyDirtyLog(cpu: Cpu, vm: Vm): Steps<void> {
  const log = vm.dirtyLog!
  for (let word = 0; word < log.words; word += 1) {
    const bits = yield* cpu.read(log.bitmap(word))
    yield* cpu.write(log.user(word), bits)
  }
}

/**
 * `kvm_clear_dirty_log_protect()`, of the pages [first, first + pages), a multiple of BITS: one hold of mmu_lock, which is not dropped
 * on the way, and one flush after it.
 */
export function* clearDirtyLogProtect(cpu: Cpu, vm: Vm, first: number, pages: number): Steps<void> {
  const log = vm.dirtyLog!
  const end = Math.min(log.words, Math.ceil((first + pages) / BITS))
  let flush = false
  yield* vm.mmuLock.writeLock(cpu)
  for (let word = Math.floor(first / BITS); word < end; word += 1) {
    const told = yield* cpu.read(log.user(word))
    if (told === 0) continue
    // Before the pages are protected, as above. Pairs with markPageDirty().
    const bits = yield* cpu.and(log.bitmap(word), ~told)
    const mask = bits & told
    if (mask === 0) continue
    flush = true
    yield* vm.kvm.archMmuEnableLogDirtyPtMasked(cpu, vm, word * BITS, mask)
  }
  yield* vm.mmuLock.writeUnlock(cpu)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_clear)
}

/**
 * `kvm_arch_mmu_enable_log_dirty_pt_masked()`, arch/x86/kvm/mmu/mmu.c, with mmu_lock held for write: removes write permission from pages
 * of 4 KiB, since v6.9 (99b85fda91b1) in every valid root. Huge pages lost it when logging began. If the log began with all pages dirty,
 * the huge pages that contain these pages are split now (eager_page_split, cb00a70bd4b7), or at least lose write permission.
 */
export function* archMmuEnableLogDirtyPtMasked(cpu: Cpu, vm: Vm, page: number, mask: number): Steps<void> {
  const { isAllSet, isEager } = vm.dirtyLog!.config
  if (isAllSet === true) yield* protectHugePages(cpu, vm, page, mask, isEager, true)
  yield* writeProtectPtMasked(cpu, vm, page, mask, true)
}

/** For the huge pages that contain the first and the last page in `mask`. */
export function* protectHugePages(
  cpu: Cpu,
  vm: Vm,
  page: number,
  mask: number,
  splits: boolean,
  onlyValid: boolean,
): Steps<void> {
  const { first, end } = gfnsOf(vm, page, mask)
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, onlyValid)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    if (splits) yield* splitHugePagesRoot(cpu, vm, table, first, end, false)
    yield* writeProtectHuge(cpu, vm, table, first, end)
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, onlyValid)
  }
}

/** `kvm_mmu_slot_gfn_write_protect()`, of PG_LEVEL_2M: the owner of mmu_lock for write does not yield here. */
function* writeProtectHuge(cpu: Cpu, vm: Vm, root: number, first: Gfn, end: Gfn): Steps<void> {
  const { iter } = vm.local[cpu.id]!
  walkBegins(cpu, vm)
  yield* iter.start(cpu, LEVEL_2M, first, root)
  for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
    const { level, oldSpte, sptep } = iter
    if (!isPresentLeaf(oldSpte, level) || (oldSpte & W) === 0) continue
    yield* cpu.and(sptep, ~W)
    assertInRcu(cpu, vm.nx!)
    cpu.count(COUNTER.sptes_wrprotected, 1)
  }
}

/** From the first page that `mask` names to behind the last. */
function gfnsOf(vm: Vm, page: number, mask: number): { readonly first: Gfn; readonly end: Gfn } {
  const base = vm.dirtyLog!.baseGfn + page
  return { first: (base + 31 - Math.clz32(mask & -mask)) as Gfn, end: (base + BITS - Math.clz32(mask)) as Gfn }
}

/** `kvm_mmu_write_protect_pt_masked()`. */
export function* writeProtectPtMasked(cpu: Cpu, vm: Vm, page: number, mask: number, onlyValid: boolean): Steps<void> {
  let root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, NO_ROOT, onlyValid)
  while (root !== NO_ROOT) {
    const table = yield* vm.pages.roots.tableOf(cpu, root)
    yield* vm.pages.rcuReadLock(cpu)
    yield* clearDirtyPtMasked(cpu, vm, table, (vm.dirtyLog!.baseGfn + page) as Gfn, mask)
    yield* vm.pages.rcuReadUnlock(cpu)
    root = yield* vm.kvm.tdpMmuNextRoot(cpu, vm, root, onlyValid)
  }
}

/** `clear_dirty_pt_masked()`, arch/x86/kvm/mmu/tdp_mmu.c. */
function* clearDirtyPtMasked(cpu: Cpu, vm: Vm, root: number, gfn: Gfn, mask: number): Steps<void> {
  const { iter } = vm.local[cpu.id]!
  const { first, end } = gfnsOf(vm, gfn - vm.dirtyLog!.baseGfn, mask)
  walkBegins(cpu, vm)
  yield* iter.start(cpu, LEVEL_4K, first, root)
  assertInRcu(cpu, vm.nx!)
  for (; iter.valid && iter.gfn < end; yield* iter.next(cpu)) {
    const { gfn: at, level, oldSpte, sptep } = iter
    if (level > LEVEL_4K || !isPresentLeaf(oldSpte, level)) continue
    if ((mask & (1 << (at - gfn))) === 0 || (oldSpte & W) === 0) continue
    // fast_page_fault() may give it back at the same time, and then logs it.
    yield* cpu.and(sptep, ~W)
    cpu.count(COUNTER.sptes_wrprotected, 1)
  }
}
