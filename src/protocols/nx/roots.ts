import { type Cpu, type Word, wordAt } from '../../shared-memory/cpu.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { NO_PAGE } from './mmu-pages.ts'

/** No root: before the first, and after the last. */
export const NO_ROOT = -1

/** The first page table of a root. Table 0 is none: it could not be freed. */
export const firstTableOf = (root: number): number => root + 1

const FIELDS = 16
const TABLE = 0
const COUNT = 1
const ROLE = 2
const INVALID = 3

/**
 * `tdp_mmu_roots`: the roots of the TDP MMU, one for each role in which a vCPU can be (with or without a
 * feature of the guest's CPU).
 *
 *   table    its page table + 1; 0: there is none                      owner of mmuLock for write
 *   count    tdp_mmu_root_count: vCPUs on it, and walks that stand in it
 *   role     which it is for                                           owner of mmuLock for write
 *   invalid  1: no vCPU may go on with it; 2: and is being zapped       owner of mmuLock for write; the zapper
 *
 *   (table, count)   none 0,0    in use t,n    being zapped t,0
 */
export class Roots {
  /** One for each role, and one for each that may be being zapped. */
  readonly slots: number
  readonly roles: number
  /** The root on which each CPU's vCPU is: its own affair. */
  readonly current: Int32Array
  /** Its page table: `mmu->root.hpa` in the kernel, the EPT pointer in the CPU. */
  readonly hpa: Int32Array
  readonly #fields: Word
  readonly vcpus: number

  constructor(place: Place, cpus: number, vcpus: number, roles: number) {
    this.roles = roles
    this.slots = roles + cpus
    this.current = Int32Array.from({ length: cpus }, (_, cpu) => cpu % roles)
    this.hpa = this.current.map(firstTableOf)
    this.#fields = place.table('roots', this.slots * FIELDS, 'owner of mmuLock for write; counts: any')
    this.vcpus = vcpus
  }

  table(root: number): Word {
    return wordAt(this.#fields, root * FIELDS + TABLE)
  }

  count(root: number): Word {
    return wordAt(this.#fields, root * FIELDS + COUNT)
  }

  role(root: number): Word {
    return wordAt(this.#fields, root * FIELDS + ROLE)
  }

  invalid(root: number): Word {
    return wordAt(this.#fields, root * FIELDS + INVALID)
  }

  /** `isKept`: the MMU itself holds a reference, as it does since 6.4 (edbdb43fc96b). */
  initialise(words: Int32Array, isKept: boolean): void {
    for (let root = 0; root < this.roles; root += 1) {
      const vcpus = this.current.subarray(0, this.vcpus).filter((current) => current === root).length
      const count = vcpus + (isKept ? 1 : 0)
      words[this.count(root)] = count
      words[this.table(root)] = count === 0 ? 0 : firstTableOf(root) + 1
      words[this.role(root)] = root
    }
  }

  /** `for_each_valid_tdp_mmu_root()`: its page table, or NO_PAGE if there is none, or it is invalid. */
  *validTableOf(cpu: Cpu, root: number): Steps<number> {
    const table = yield* cpu.loadAcquire(this.table(root))
    if (table === 0) return NO_PAGE
    const invalid = yield* cpu.load(this.invalid(root))
    return invalid === 0 ? table - 1 : NO_PAGE
  }

  /** The page table of a root to which a reference is held. */
  *tableOf(cpu: Cpu, root: number): Steps<number> {
    const table = yield* cpu.read(this.table(root))
    return table - 1
  }

  /** `kvm_tdp_mmu_get_root()`: n -> n+1, unless it is 0: then it is on its way out. */
  *get(cpu: Cpu, root: number): Steps<boolean> {
    for (;;) {
      const count = yield* cpu.load(this.count(root))
      if (count === 0) return false
      const was = yield* cpu.cas(this.count(root), count, count + 1)
      if (was === count) return true
    }
  }

  /** On `tdp_mmu_roots`. */
  *isThere(cpu: Cpu, root: number): Steps<boolean> {
    const count = yield* cpu.load(this.count(root))
    return count !== 0
  }

  /** `role.invalid`, with mmu_lock held on either side. */
  *isInvalid(cpu: Cpu, root: number): Steps<boolean> {
    const invalid = yield* cpu.read(this.invalid(root))
    return invalid !== 0
  }

  /** `kvm_tdp_mmu_put_root()`: n -> n-1. Whether that was the last reference. */
  *put(cpu: Cpu, root: number): Steps<boolean> {
    const count = yield* cpu.sub(this.count(root), 1)
    return count === 1
  }

  /** `tdp_mmu_scheduled_root_to_zap`: whether the root is invalid and no other CPU tears it down. If so, the caller does. */
  *takeInvalid(cpu: Cpu, root: number): Steps<boolean> {
    const table = yield* cpu.load(this.table(root))
    if (table === 0) return false
    const was = yield* cpu.cas(this.invalid(root), 1, 2)
    return was === 1
  }

  /** The page table of any valid root, for a caller without one: the VMM, which maps for its vCPUs. */
  peekValid(cpu: Cpu): number {
    for (let root = 0; root < this.slots; root += 1) {
      if (cpu.peek(this.table(root)) !== 0 && cpu.peek(this.invalid(root)) === 0) return cpu.peek(this.table(root)) - 1
    }
    return this.hpa[cpu.id]!
  }
}
