import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import {
  childOf,
  isShadowPresent,
  isTable,
  LEVEL_1G,
  LEVEL_2M,
  LEVEL_4K,
  NONPRESENT,
  ROOT_LEVEL,
} from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { walkBegins } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'
import { assertInRcu } from './oracles.ts'
import { changeRoot, putRoot } from './root-walk.ts'

// arch/x86/kvm/mmu/tdp_mmu.c: obsolete roots, which no vCPU may use any longer because all their mappings are to be removed.

/**
 * `kvm_tdp_mmu_invalidate_roots()`, with mmu_lock held for write: role.invalid of every root. The reference of the MMU itself stays,
 * for zapInvalidatedRoots().
 */
export function* invalidateRoots(cpu: Cpu, vm: Vm): Steps<void> {
  const { roots } = vm.nx!
  for (let root = 0; root < roots.slots; root += 1) {
    const table = yield* cpu.read(roots.table(root))
    const invalid = yield* cpu.read(roots.invalid(root))
    if (table !== 0 && invalid === 0) yield* cpu.store(roots.invalid(root), 1)
  }
}

/**
 * `kvm_tdp_mmu_zap_invalidated_roots()`, with mmu_lock held for read: takes them apart, which lets go of the lock whenever others wait for
 * it. Nothing is flushed: no vCPU enters the guest on such a root again, and each flushes when it loads another.
 */
export function* zapInvalidatedRoots(cpu: Cpu, vm: Vm): Steps<void> {
  const nx = vm.nx!
  for (let root = 0; root < nx.roots.slots; root += 1) {
    const isOurs = yield* nx.roots.takeInvalid(cpu, root)
    if (!isOurs) continue
    const table = yield* nx.roots.tableOf(cpu, root)
    yield* vm.kvm.tdpMmuZapRoot(cpu, vm, table, true)
    yield* putRoot(cpu, vm, root)
  }
}

/** The sizes that are removed, one after the other, so that no step takes long: page tables of 2 MiB, of 1 GiB, and the root. */
const PASSES = [LEVEL_4K, LEVEL_2M, LEVEL_1G, ROOT_LEVEL] as const

/**
 * `tdp_mmu_zap_root()`, arch/x86/kvm/mmu/tdp_mmu.c, since v6.9 (8ca983631f3c), with mmu_lock held, `shared`: for read: every entry of the root
 * goes, and all below it.
 */
export function* tdpMmuZapRoot(cpu: Cpu, vm: Vm, root: number, shared: boolean): Steps<void> {
  yield* zapRootInPasses(cpu, vm, root, shared, PASSES)
}

export function* zapRootInPasses(
  cpu: Cpu,
  vm: Vm,
  table: number,
  shared: boolean,
  levels: readonly number[],
): Steps<void> {
  cpu.count(COUNTER.roots_zapped, 1)
  yield* vm.pages.rcuReadLock(cpu)
  for (const level of levels) yield* zapRootLevel(cpu, vm, table, level, shared)
  yield* vm.pages.rcuReadUnlock(cpu)
}

/** `__tdp_mmu_zap_root()`: all entries up to that level. */
function* zapRootLevel(cpu: Cpu, vm: Vm, table: number, level: number, shared: boolean): Steps<void> {
  const iter = vm.local[cpu.id]!.iter
  walkBegins(cpu, vm)
  yield* iter.start(cpu, level, 0 as Gfn, table)
  while (iter.valid && iter.gfn < vm.endGfn) {
    const yielded = yield* vm.kvm.tdpMmuIterCondResched(cpu, vm, iter, false, shared)
    const { sptep, oldSpte } = iter
    if (!yielded && isShadowPresent(oldSpte) && iter.level <= level) {
      const was = yield* cpu.cas(sptep, oldSpte, NONPRESENT)
      assertInRcu(cpu, vm.nx!)
      // goto retry: another CPU was at the entry, under mmu_lock for read as we are.
      if (was !== oldSpte) {
        iter.oldSpte = was
        continue
      }
      if (isTable(oldSpte, iter.level)) yield* vm.kvm.handleRemovedPt(cpu, vm, childOf(oldSpte), false)
    }
    yield* iter.next(cpu)
  }
}

/** `kvm_mmu_unload()`, and the load that follows: in service of KVM_REQ_MMU_RELOAD. */
export function* reloadRoot(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  yield* changeRoot(cpu, vm, vm.nx!, vcpu, 0)
}

/** `kvm_mmu_free_obsolete_roots()`, arch/x86/kvm/mmu/mmu.c: in service of KVM_REQ_MMU_FREE_OBSOLETE_ROOTS. */
export function* freeObsoleteRoots(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  const { roots } = vm.nx!
  const old = roots.current[cpu.id]!
  const invalid = yield* cpu.load(roots.invalid(old))
  if (invalid === 0) return
  yield* changeRoot(cpu, vm, vm.nx!, vcpu, 0)
}
