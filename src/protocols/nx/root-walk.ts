import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { childOf, ENTRIES, isShadowPresent, NONPRESENT, ROOT_LEVEL } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { walkBegins } from '../assertions.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'
import { TDP } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import { assertEmpty, assertInRcu, assertRole, markLinked, roleAfter } from './oracles.ts'
import { NO_ROOT } from './roots.ts'

/**
 * `tdp_mmu_next_root()`, arch/x86/kvm/mmu/tdp_mmu.c, since v5.17 (7533377215b6) wherever mmu_lock may be dropped: takes
 * a reference to the next root before it drops the one before. `onlyValid`: invalid roots are skipped.
 */
export function* tdpMmuNextRoot(cpu: Cpu, vm: Vm, before: number, onlyValid: boolean): Steps<number> {
  const { roots } = vm.pages
  let next = NO_ROOT
  for (let root = before + 1; root < roots.slots && next === NO_ROOT; root += 1) {
    const isInvalid = onlyValid ? yield* roots.isInvalid(cpu, root) : false
    if (isInvalid) continue
    const taken = yield* roots.get(cpu, root)
    if (taken) next = root
  }
  if (before !== NO_ROOT) yield* putRoot(cpu, vm, before)
  return next
}

/**
 * `kvm_tdp_mmu_put_root()`: the CPU that drops the last reference frees the root. A valid root is torn down first, with
 * mmu_lock held for write: roots ended that way before the MMU held its own reference.
 */
export function* putRoot(cpu: Cpu, vm: Vm, root: number): Steps<void> {
  const isLast = yield* vm.pages.roots.put(cpu, root)
  if (!isLast) return
  const nx = vm.nx!
  const table = yield* nx.roots.tableOf(cpu, root)
  const invalid = yield* cpu.load(nx.roots.invalid(root))
  if (invalid === 0 || vm.kvm.zapsInvalidRoots) yield* zapLeftRoot(cpu, vm, table, invalid === 0)
  assertEmpty(cpu, vm, table, ENTRIES)
  yield* cpu.store(nx.roots.table(root), 0)
  yield* vm.kvm.tdpMmuFreeSp(cpu, vm, table)
}

/**
 * `zap_gfn_range()` of a whole root: removes every entry of the root, and everything below. No flush is needed: no CPU
 * can walk the root any more, and each vCPU flushed its cached part when it left the root.
 */
function* zapLeftRoot(cpu: Cpu, vm: Vm, table: number, canYield: boolean): Steps<void> {
  const iter = vm.local[cpu.id]!.iter
  cpu.count(COUNTER.roots_zapped, 1)
  yield* vm.pages.rcuReadLock(cpu)
  walkBegins(cpu, vm)
  yield* iter.start(cpu, ROOT_LEVEL, 0 as Gfn, table)
  for (; iter.valid && iter.gfn < vm.endGfn; yield* iter.next(cpu)) {
    const yielded = canYield ? yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, false, false) : false
    if (yielded) continue
    const { sptep, oldSpte } = iter
    if (!isShadowPresent(oldSpte)) continue
    yield* cpu.store(sptep, NONPRESENT)
    assertInRcu(cpu, vm.nx!)
    yield* vm.kvm.handleRemovedPt(cpu, vm, childOf(oldSpte), false)
  }
  yield* vm.pages.rcuReadUnlock(cpu)
}

/** The vCPU's role changes (a feature of the guest's CPU, say): `kvm_mmu_reset_context()`. Outside the guest. */
export function* switchRoot(cpu: Cpu, vm: Vm, nx: Nx, vcpu: Vcpu): Steps<void> {
  yield* changeRoot(cpu, vm, nx, vcpu, 1)
}

/** The vCPU leaves its root, and has another, of the role that is `roles` further, before it enters the guest. Meanwhile it has none. */
export function* changeRoot(cpu: Cpu, vm: Vm, nx: Nx, vcpu: Vcpu, roles: 0 | 1): Steps<void> {
  const old = nx.roots.current[cpu.id]!
  const wanted = roleAfter(cpu, nx, old, roles)
  const role = yield* cpu.read(nx.roots.role(old))
  // The CPU that drops the last reference to a valid root tears it down alone: since v6.4 the MMU holds a reference itself.
  const isShared = vm.kvm.loadsRootUnder === 'read' && nx.config.keepsRoots
  yield* unloadRoot(cpu, vm, old, isShared)
  const next = yield* loadRoot(cpu, vm, (role + roles) % nx.roots.roles, isShared)
  assertRole(cpu, nx, next, wanted)
  nx.roots.current[cpu.id] = next
  nx.roots.hpa[cpu.id] = yield* nx.roots.tableOf(cpu, next)
  // kvm_mmu_load(): nothing of the old root may be left in this CPU.
  yield* cpu.work(WORK_KIND.tlb_flush, 1)
  vcpu.flush()
}

/** `kvm_mmu_unload()`, arch/x86/kvm/mmu/mmu.c, which is `kvm_mmu_free_roots()`. */
function* unloadRoot(cpu: Cpu, vm: Vm, root: number, isShared: boolean): Steps<void> {
  if (isShared) yield* vm.mmuLock.readLock(cpu)
  else yield* vm.mmuLock.writeLock(cpu)
  yield* putRoot(cpu, vm, root)
  if (isShared) yield* vm.mmuLock.readUnlock(cpu)
  else yield* vm.mmuLock.writeUnlock(cpu)
}

/** `kvm_mmu_load()`, arch/x86/kvm/mmu/mmu.c, of a vCPU that has no root: memory is allocated before mmu_lock is taken. */
function* loadRoot(cpu: Cpu, vm: Vm, role: number, isShared: boolean): Steps<number> {
  yield* vm.tables.topup(cpu)
  if (isShared) yield* vm.mmuLock.readLock(cpu)
  else yield* vm.mmuLock.writeLock(cpu)
  const root = yield* allocRoot(cpu, vm, role, isShared)
  if (isShared) yield* vm.mmuLock.readUnlock(cpu)
  else yield* vm.mmuLock.writeUnlock(cpu)
  return root
}

/**
 * `kvm_tdp_mmu_alloc_root()`, with mmu_lock held on either side: the valid root that there is for the role, or a new one, with a reference.
 * `isShared`: for read; then tdp_mmu_pages_lock keeps other vCPUs from making the same, and they look once more with it held.
 */
export function* allocRoot(cpu: Cpu, vm: Vm, role: number, isShared: boolean): Steps<number> {
  const nx = vm.nx!
  const there = yield* getRootOf(cpu, nx, role)
  if (there !== NO_ROOT) return there
  yield* nx.pagesLock.acquire(cpu)
  const meanwhile = isShared ? yield* getRootOf(cpu, nx, role) : NO_ROOT
  const root = meanwhile === NO_ROOT ? yield* makeRoot(cpu, vm, nx, role) : meanwhile
  yield* nx.pagesLock.release(cpu)
  return root
}

/** A reference to the valid root that there is for the role. NO_ROOT: there is none. */
function* getRootOf(cpu: Cpu, nx: Nx, role: number): Steps<number> {
  for (let root = 0; root < nx.roots.slots; root += 1) {
    // A root that another vCPU has just made is whole. Pairs with the release in makeRoot().
    const table = yield* cpu.loadAcquire(nx.roots.table(root))
    if (table === 0) continue
    const itsRole = yield* cpu.read(nx.roots.role(root))
    const invalid = yield* cpu.load(nx.roots.invalid(root))
    if (itsRole !== role || invalid !== 0) continue
    const taken = yield* nx.roots.get(cpu, root)
    if (taken) return root
  }
  return NO_ROOT
}

/** With tdp_mmu_pages_lock held. */
function* makeRoot(cpu: Cpu, vm: Vm, nx: Nx, role: number): Steps<number> {
  const free = yield* freeSlot(cpu, nx)
  const table = vm.tables.take(cpu)
  yield* nx.pages.begin(cpu, table, TDP, 0 as Gfn, ROOT_LEVEL, 0 as never)
  markLinked(cpu, nx, table)
  yield* cpu.write(nx.roots.invalid(free), 0)
  yield* cpu.write(nx.roots.role(free), role)
  yield* cpu.store(nx.roots.count(free), nx.config.keepsRoots ? 2 : 1)
  // Last: a walk over the roots finds it whole.
  yield* cpu.storeRelease(nx.roots.table(free), table + 1)
  return free
}

function* freeSlot(cpu: Cpu, nx: Nx): Steps<number> {
  let root = 0
  while ((yield* cpu.load(nx.roots.table(root))) !== 0) root += 1
  return root
}
