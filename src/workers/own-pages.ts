import { pfnAdd } from '../protocols/host-mm.ts'
import { Fault } from '../protocols/page-fault.ts'
import type { Vm } from '../protocols/vm.ts'
import { type Gfn, gfnAdd } from '../shared-memory/addresses.ts'
import { type Cpu, type Word, wordAt } from '../shared-memory/cpu.ts'
import {
  childOf,
  DIRTY,
  ENTRIES,
  LEVEL_2M,
  LEVEL_4K,
  makeLeaf,
  NONPRESENT,
  pfnOf,
  R,
  ROOT_LEVEL,
  W,
  X,
} from '../shared-memory/page-tables/spte.ts'
import type { ScalingPlan } from './scaling-plan.ts'

const ACCESS = R | W | X | DIRTY

/**
 * The memory that one CPU works on, and no other. Between two operations the harness brings the entry to the state in which the next
 * operation is to find it, while its clock stands: the memory was given back, write-protected or mapped again.
 */
export class OwnPages {
  readonly fault = new Fault()
  readonly first: Gfn
  readonly #plan: ScalingPlan
  /** The entries that are changed one after the other, once they are known. */
  #entries = 0 as Word
  /** The value of the first leaf when it is mapped. */
  #leaf = 0
  #done = 0

  constructor(cpu: Cpu, vm: Vm, plan: ScalingPlan) {
    this.#plan = plan
    this.first = gfnAdd(vm.config.memslots[0]!.baseGfn as Gfn, cpu.id * plan.blocks * ENTRIES)
  }

  get isOfHugePages(): boolean {
    return this.#plan.operation === 'nx-split'
  }

  /** The first page, or huge page, is mapped: now the table of its entry is there. */
  begin(cpu: Cpu, vm: Vm): void {
    const level = this.isOfHugePages ? LEVEL_2M : LEVEL_4K
    let table = vm.pages.rootFor(cpu, this.first)
    for (let above = ROOT_LEVEL; above > level; above -= 1) {
      table = childOf(cpu.peek(vm.tables.sptep(table, this.first, above)))
    }
    this.#entries = vm.tables.sptep(table, this.first, level)
    this.#leaf = cpu.peek(this.#entries)
  }

  /** Readies what the next operation is about; false if all huge pages have been split. */
  next(cpu: Cpu): boolean {
    const { operation, blocks } = this.#plan
    const isHuge = this.isOfHugePages
    if (isHuge && this.#done === blocks) return false
    const index = isHuge ? this.#done : this.#done & (ENTRIES - 1)
    this.#done += 1
    const isPresent = operation !== 'fault' && operation !== 'uffd'
    this.fault.begin(gfnAdd(this.first, isHuge ? index * ENTRIES : index), isPresent, isHuge)
    cpu.poke(wordAt(this.#entries, index), isPresent ? this.#leafOf(index) : NONPRESENT)
    return true
  }

  #leafOf(index: number): number {
    const level = this.isOfHugePages ? LEVEL_2M : LEVEL_4K
    const pages = this.isOfHugePages ? index * ENTRIES : index
    const access = this.#leaf & ACCESS
    const isProtected = this.#plan.operation === 'fast'
    return makeLeaf(pfnAdd(pfnOf(this.#leaf), pages), level, isProtected ? access & ~(W | DIRTY) : access)
  }
}
