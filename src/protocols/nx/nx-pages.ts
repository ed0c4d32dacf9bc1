import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import type { PageTables } from '../../shared-memory/page-tables/page-tables.ts'
import { NONPRESENT } from '../../shared-memory/page-tables/spte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { assertFlushed } from '../assertions.ts'
import type { Fault } from '../page-fault.ts'
import type { PageLifetime } from '../page-lifetime.ts'
import type { Vcpu } from '../vcpu.ts'
import type { Vm } from '../vm.ts'
import { abandonChild, beginChild, disallowedChild, dropChild, dropLargeSpte, populateChild } from './link.ts'
import { lockFreeWalkBegin, lockFreeWalkEnd } from './lock-free-walk.ts'
import type { Mmu } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import { freeObsoleteRoots, reloadRoot } from './obsolete-roots.ts'
import { assertInRcu, assertNoneUnflushed, markLinked, markRead, markReading } from './oracles.ts'
import type { Roots } from './roots.ts'

/** Page tables that are taken away, and used again when no walk can be in them any more. */
export class NxPages implements PageLifetime {
  readonly roots: Roots
  readonly splitsForExec = true
  readonly #nx: Nx
  readonly #tables: PageTables

  constructor(nx: Nx, tables: PageTables) {
    this.#nx = nx
    this.#tables = tables
    this.roots = nx.roots
  }

  rootFor(cpu: Cpu, gfn: Gfn): number {
    return this.#nx.rootFor(cpu, gfn)
  }

  sptep(cpu: Cpu, table: number, gfn: Gfn, level: number): Word {
    markReading(cpu, this.#nx, table)
    return this.#tables.sptep(table, gfn, level)
  }

  *rcuReadLock(cpu: Cpu): Steps<void> {
    yield* this.#nx.rcu.readLock(cpu)
  }

  *rcuReadUnlock(cpu: Cpu): Steps<void> {
    assertNoneUnflushed(cpu, this.#nx)
    yield* this.#nx.rcu.readUnlock(cpu)
  }

  *mapEnds(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<void> {
    markRead(cpu, this.#nx)
    assertInRcu(cpu, this.#nx)
    // A table replaced by a huge page is flushed before RCU may free it.
    assertFlushed(cpu, vm, gfn)
    yield* this.#nx.rcu.readUnlock(cpu)
  }

  *locklessBegin(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<void> {
    yield* lockFreeWalkBegin(cpu, vm, this.#nx, gfn)
  }

  *locklessEnd(cpu: Cpu, vm: Vm, gfn: Gfn): Steps<void> {
    yield* lockFreeWalkEnd(cpu, vm, this.#nx, gfn)
  }

  *disallowedChild(cpu: Cpu, spte: number, level: number): Steps<number> {
    return yield* disallowedChild(cpu, this.#nx, spte, level)
  }

  *initChild(cpu: Cpu, fault: Fault, table: number, mmu: Mmu, level: number, sptep: Word): Steps<void> {
    yield* beginChild(cpu, this.#nx, fault, table, mmu, level, sptep)
  }

  *splitHugePage(cpu: Cpu, vm: Vm, table: number, spte: number, level: number): Steps<void> {
    yield* populateChild(cpu, vm, this.#nx, table, spte, level)
  }

  *abandonChild(cpu: Cpu, table: number, spte: number, level: number): Steps<void> {
    yield* abandonChild(cpu, this.#nx, table, spte, level)
  }

  linked(cpu: Cpu, _vm: Vm, _gfn: Gfn, _sptep: Word, table: number): void {
    markLinked(cpu, this.#nx, table)
  }

  *dropLargeSpte(cpu: Cpu, vm: Vm, fault: Fault, sptep: Word, spte: number, level: number): Steps<void> {
    yield* dropLargeSpte(cpu, vm, fault, sptep, spte, level)
  }

  *dropChild(cpu: Cpu, vm: Vm, replaced: number): Steps<void> {
    yield* dropChild(cpu, vm, this.#nx, replaced)
  }

  *isRootObsolete(cpu: Cpu): Steps<boolean> {
    const invalid = yield* cpu.load(this.roots.invalid(this.roots.current[cpu.id]!))
    return invalid !== 0
  }

  *reloadRoot(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
    yield* reloadRoot(cpu, vm, vcpu)
  }

  *freeObsoleteRoots(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
    yield* freeObsoleteRoots(cpu, vm, vcpu)
  }

  /** Every root of the TDP MMU, and that of the shadow MMU. */
  peekLeaf(cpu: Cpu, gfn: Gfn): number {
    const { roots } = this
    let found = this.#tables.peekLeaf(cpu, gfn, this.#nx.nestedRoot)
    for (let root = 0; root < roots.slots && found === NONPRESENT; root += 1) {
      const table = cpu.peek(roots.table(root)) - 1
      if (table >= 0) found = this.#tables.peekLeaf(cpu, gfn, table)
    }
    return found
  }
}
