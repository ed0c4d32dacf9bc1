import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { PageTables } from '../shared-memory/page-tables/page-tables.ts'
import { makeNonleaf } from '../shared-memory/page-tables/spte.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertLinked } from './assertions.ts'
import { NO_PAGE } from './nx/mmu-pages.ts'
import type { PageLifetime, TdpRoots } from './page-lifetime.ts'
import type { Vm } from './vm.ts'

/** There is one root, its users are not counted, and its table is the first. */
const ONE_ROOT: TdpRoots = {
  slots: 1,
  *get(): Steps<boolean> {
    return true
  },
  *isThere(): Steps<boolean> {
    return true
  },
  *isInvalid(): Steps<boolean> {
    return false
  },
  *put(): Steps<boolean> {
    return false
  },
  *validTableOf(): Steps<number> {
    return 0
  },
  *tableOf(): Steps<number> {
    return 0
  },
}

/** Page tables that are never freed, so no bookkeeping is needed for them. */
export class StayingPages implements PageLifetime {
  readonly roots: TdpRoots = ONE_ROOT
  readonly splitsForExec = false
  readonly #tables: PageTables

  constructor(tables: PageTables) {
    this.#tables = tables
  }

  rootFor(): number {
    return this.#tables.root
  }

  sptep(_cpu: Cpu, table: number, gfn: Gfn, level: number): Word {
    return this.#tables.sptep(table, gfn, level)
  }

  *rcuReadLock(): Steps<void> {}
  *rcuReadUnlock(): Steps<void> {}
  *mapEnds(): Steps<void> {}
  *locklessBegin(): Steps<void> {}
  *locklessEnd(): Steps<void> {}

  *disallowedChild(): Steps<number> {
    return NO_PAGE
  }

  *initChild(): Steps<void> {}
  *splitHugePage(): Steps<void> {}
  *abandonChild(): Steps<void> {}

  linked(cpu: Cpu, vm: Vm, gfn: Gfn, sptep: Word, table: number): void {
    assertLinked(cpu, vm, gfn, sptep, makeNonleaf(table))
  }

  *dropLargeSpte(): Steps<void> {}
  *dropChild(): Steps<void> {}
  *reloadRoot(): Steps<void> {}
  *freeObsoleteRoots(): Steps<void> {}

  *isRootObsolete(): Steps<boolean> {
    return false
  }

  peekLeaf(cpu: Cpu, gfn: Gfn): number {
    return this.#tables.peekLeaf(cpu, gfn)
  }
}
