import type { Gfn } from '../addresses.ts'
import type { Cpu, Word } from '../cpu.ts'
import type { Steps } from '../steps.ts'
import type { PageTables } from './page-tables.ts'
import {
  childOf,
  ENTRIES,
  isLast,
  isShadowPresent,
  pagesPerLevel,
  ROOT_LEVEL,
  roundForLevel,
  spteIndex,
} from './spte.ts'

/**
 * A pre-order walk over the entries of a range of gfns: arch/x86/kvm/mmu/tdp_iter.c. Each CPU owns one and restarts it
 * for each walk.
 *
 * It can be interrupted: the CPU that drops mmu_lock sets `yielded`, and the next step starts again from the root, at the gfn
 * that was to be looked at, because everything below the root may have changed. `yieldedGfn` remembers where that was, so
 * that a second yield waits for progress.
 */
export class TdpIter {
  readonly #tables: PageTables
  /** Tables on the way down, by level. */
  readonly #path = new Int32Array(ROOT_LEVEL + 1)
  /** The position of the walk, in gfns of the last level. */
  nextLastLevelGfn = 0 as Gfn
  /** `nextLastLevelGfn` at the last yield. */
  yieldedGfn = 0 as Gfn
  /** The current entry: its place, its gfn, its level, and its value when it was read. */
  sptep = 0 as Word
  gfn = 0 as Gfn
  level = 0
  oldSpte = 0
  minLevel = 1
  /** The table of the root level that is walked. */
  root = 0
  valid = false
  /** mmu_lock was dropped since the entry was read. */
  yielded = false

  constructor(tables: PageTables) {
    this.#tables = tables
  }

  /** `tdp_iter_start()`. */
  *start(cpu: Cpu, minLevel: number, from: Gfn, root: number = this.#tables.root): Steps<void> {
    this.root = root
    this.nextLastLevelGfn = from
    this.yieldedGfn = from
    this.minLevel = minLevel
    this.valid = true
    yield* this.restart(cpu)
  }

  /** `tdp_iter_next()`: down if there is a table below, else sideways, else up and sideways. */
  *next(cpu: Cpu): Steps<void> {
    if (this.yielded) return yield* this.restart(cpu)
    const down = yield* this.#tryStepDown(cpu)
    if (down) return
    for (;;) {
      const side = yield* this.#tryStepSide(cpu)
      if (side) return
      if (!this.#tryStepUp()) break
    }
    this.valid = false
  }

  /** `tdp_iter_restart()`. No yield counts as progress until the walk has stepped sideways from here. */
  *restart(cpu: Cpu): Steps<void> {
    this.yielded = false
    this.yieldedGfn = this.nextLastLevelGfn
    this.level = ROOT_LEVEL
    this.#path[ROOT_LEVEL] = this.root
    this.#refreshSptep()
    this.oldSpte = yield* cpu.loadAcquire(this.sptep)
  }

  *#tryStepDown(cpu: Cpu): Steps<boolean> {
    if (this.level === this.minLevel) return false
    // The entry may have been given a table since it was read.
    this.oldSpte = yield* cpu.loadAcquire(this.sptep)
    if (!isShadowPresent(this.oldSpte) || isLast(this.oldSpte, this.level)) return false
    this.level -= 1
    this.#path[this.level] = childOf(this.oldSpte)
    this.#refreshSptep()
    this.oldSpte = yield* cpu.loadAcquire(this.sptep)
    return true
  }

  *#tryStepSide(cpu: Cpu): Steps<boolean> {
    if (spteIndex(this.gfn, this.level) === ENTRIES - 1) return false
    this.gfn = (this.gfn + pagesPerLevel(this.level)) as Gfn
    this.nextLastLevelGfn = this.gfn
    this.sptep = (this.sptep + 1) as Word
    this.oldSpte = yield* cpu.loadAcquire(this.sptep)
    return true
  }

  #tryStepUp(): boolean {
    if (this.level === ROOT_LEVEL) return false
    this.level += 1
    this.gfn = roundForLevel(this.gfn, this.level)
    this.sptep = this.#tables.sptep(this.#path[this.level]!, this.gfn, this.level)
    return true
  }

  /** The entry for `nextLastLevelGfn` in the table of this level. */
  #refreshSptep(): void {
    this.gfn = roundForLevel(this.nextLastLevelGfn, this.level)
    this.sptep = this.#tables.sptep(this.#path[this.level]!, this.gfn, this.level)
  }
}
