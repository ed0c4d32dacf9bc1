import { type Cpu, wordAt } from '../../shared-memory/cpu.ts'
import { isShadowPresent, LEVEL_4K } from '../../shared-memory/page-tables/spte.ts'
import { ORACLE } from '../oracles.ts'
import type { Vm } from '../vm.ts'
import { LINKED, TDP } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import { NO_ROOT } from './roots.ts'

// Oracles for page tables that are freed and reused. Like all oracles, they read only, and take no step.

/** A page table was unlinked, and vCPUs may use their cached parts of it until they are flushed. */
export function markUnlinked(cpu: Cpu, vm: Vm, nx: Nx, table: number): void {
  vm.local[cpu.id]!.pendingFlush = true
  if (!vm.config.oracles) return
  nx.local[cpu.id]!.unflushed.push(table)
  cpu.poke(nx.pages.unflushed(table), 1)
}

/** This CPU has flushed the TLBs of all vCPUs. */
export function markFlushed(cpu: Cpu, nx: Nx): void {
  const { unflushed } = nx.local[cpu.id]!
  for (const table of unflushed) cpu.poke(nx.pages.unflushed(table), 0)
  unflushed.length = 0
}

/**
 * RCU is left: page tables of the TDP MMU that were unlinked may be freed from now on. Those of the shadow MMU are not freed by RCU: they
 * wait on the list of invalid pages for the flush (`kvm_mmu_commit_zap_page()`).
 */
export function assertNoneUnflushed(cpu: Cpu, nx: Nx): void {
  for (const table of nx.local[cpu.id]!.unflushed) {
    if (cpu.peek(nx.pages.mmu(table)) === TDP) cpu.violation(ORACLE.free_before_flush, table)
  }
}

/** A walk over the roots reaches one after the other. */
export function assertNextRoot(cpu: Cpu, nx: Nx, root: number, next: number): void {
  if (nx.pages.isWatched && next !== NO_ROOT && next <= root) cpu.violation(ORACLE.zap_no_progress, next)
}

/** `kvm_mmu_check_sptes_at_free()`, of the shadow MMU, whose pages are emptied before they are unlinked. */
export function assertEmptyAtFree(cpu: Cpu, vm: Vm, nx: Nx, table: number): void {
  if (!nx.pages.isWatched) return
  const first = vm.tables.entriesOf(table)
  for (let entry = 0; entry < nx.entriesAt(LEVEL_4K); entry += 1) {
    if (isShadowPresent(cpu.peek(wordAt(first, entry)))) cpu.violation(ORACLE.spte_at_free, table)
  }
}

/** A software walk, under RCU, is in this table. */
export function markReading(cpu: Cpu, nx: Nx, table: number): void {
  if (nx.pages.isWatched) cpu.poke(nx.reading(cpu.id), table + 1)
}

export function markRead(cpu: Cpu, nx: Nx): void {
  if (nx.pages.isWatched) cpu.poke(nx.reading(cpu.id), 0)
}

/** A page table is linked: it will have to be freed. */
export function markLinked(cpu: Cpu, nx: Nx, table: number): void {
  if (nx.pages.isWatched) cpu.poke(nx.pages.state(table), LINKED)
}

/** I1.3: compares the worker's pending flush with the pages that it has zapped. */
export function assertFlushKept(cpu: Cpu, vm: Vm, flush: boolean): void {
  const owed = flush || vm.nx!.local[cpu.id]!.invalid.length > 0
  if (vm.config.oracles && vm.local[cpu.id]!.pendingFlush && !owed) cpu.violation(ORACLE.flush_lost, 0)
}

/** The hardware used an entry of its paging-structure cache: the table behind it must still be that table. */
export function assertWalked(cpu: Cpu, nx: Nx, table: number, generation: number): void {
  if (!nx.pages.isWatched) return
  if (cpu.peek(nx.pages.generation(table)) !== generation) cpu.violation(ORACLE.stale_walk, table)
}

/**
 * Page tables of the TDP MMU are walked: inside of an RCU read section, even by the owner of mmu_lock for write, because others
 * free them under it for read. The check of lockdep in `rcu_dereference(sptep)`.
 */
export function assertInRcu(cpu: Cpu, nx: Nx): void {
  if (nx.pages.isWatched && (cpu.peek(nx.rcu.section(cpu.id)) & 1) === 0) {
    cpu.violation(ORACLE.suspicious_rcu_usage, cpu.id)
  }
}

/** A huge page has taken the place of small ones: only the worker, or the CPU that tears them down, may have allowed it. */
export function assertAllowed(cpu: Cpu, nx: Nx, child: number): void {
  if (nx.pages.isWatched && cpu.peek(nx.pages.disallowed(child)) !== 0) cpu.violation(ORACLE.nx_bounce, child)
}

/** The role that is `further` than that of a root on which a vCPU is. */
export function roleAfter(cpu: Cpu, nx: Nx, root: number, further: number): number {
  return nx.pages.isWatched ? (cpu.peek(nx.roots.role(root)) + further) % nx.roots.roles : 0
}

/** A vCPU has been given a root: it was made for the role that it is to have. */
export function assertRole(cpu: Cpu, nx: Nx, root: number, wanted: number): void {
  if (nx.pages.isWatched && cpu.peek(nx.roots.role(root)) !== wanted) cpu.violation(ORACLE.root_wrong_role, root)
}

/** A walk has yielded and continues: its root must still be valid. Returns whether it is. */
export function assertRootAlive(cpu: Cpu, nx: Nx, table: number): boolean {
  for (let root = 0; root < nx.roots.slots; root += 1) {
    if (cpu.peek(nx.roots.table(root)) === table + 1) return true
  }
  cpu.violation(ORACLE.root_use_after_free, table)
  return false
}

/** A root was zapped, and is about to be freed: nothing may be left in it. */
export function assertEmpty(cpu: Cpu, vm: Vm, table: number, entries: number): void {
  if (!vm.config.oracles) return
  const first = vm.tables.entriesOf(table)
  for (let entry = 0; entry < entries; entry += 1) {
    if (isShadowPresent(cpu.peek((first + entry) as typeof first))) cpu.violation(ORACLE.skipped_leaf, entry)
  }
}
