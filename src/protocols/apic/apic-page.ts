import type { Gfn, Pfn } from '../../shared-memory/addresses.ts'
import type { Word } from '../../shared-memory/cpu.ts'
import type { Place } from '../../shared-memory/place.ts'
import { KVM_REQ_APIC_PAGE_RELOAD } from '../requests.ts'
import type { Vcpu } from '../vcpu.ts'
import type { ApicConfig } from '../vm-config.ts'

/** `APIC_DEFAULT_PHYS_BASE`, 0xfee00000, and the private memslot that KVM sets for it. */
export const APIC_DEFAULT_GFN = 0xfee00
export const APIC_ACCESS_PAGE_PRIVATE_MEMSLOT = 32_764

export const NO_PFN = -1 as Pfn

/** A vCPU's state of the APIC-access page: its field of the VMCS, and its local variables during a reload. */
export class ApicVcpu {
  /** `vmcs01.APIC_ACCESS_ADDR`, as a pfn. */
  readonly address: Word
  /** For oracles: the entry of the primary MMU by which that pfn was got. */
  readonly addressPte: Word
  /** SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES is set. */
  readonly isVirtualized: boolean
  /** Snapshot of mmu_invalidate_seq. */
  seq = 0
  hostPage = 0
  hostPte = 0
  pfn = NO_PFN
  /** The address was written, for the code that times that and forgets it before. */
  hasReloaded = false
  /** For the oracle: mmu_invalidate_seq at the last attempt that had to be made again, and such attempts since it changed. */
  seqAtRetry = 0
  idleRetries = 0

  constructor(place: Place, id: number, isVirtualized: boolean) {
    const words = place.together(['apicAccessAddr', 'pte'], `vcpu ${id}`)
    this.address = words.apicAccessAddr
    this.addressPte = words.pte
    this.isVirtualized = isVirtualized
  }

  /** The kernel's variables end with the reload, so what they held is the same after all reloads that go on alike. */
  endReload(): void {
    this.seq = 0
    this.hostPte = 0
    this.pfn = NO_PFN
  }
}

/**
 * The APIC-access page: one anonymous page of the VMM that KVM maps at a gfn of its own, and whose physical address each vCPU's
 * VMCS holds. It is not pinned, so it moves.
 *
 *   vmcs01 of each vCPU   apicAccessAddr             written by the vCPU, with mmuLock held for read
 *   oldestUsablePte       for oracles                poked by the task that moved the page
 */
export class ApicPage {
  readonly gfn: Gfn
  readonly oldestUsablePte: Word
  readonly #vcpus: readonly ApicVcpu[]

  constructor(place: Place, { gfn, x2apicVcpus }: ApicConfig, vcpus: number) {
    this.gfn = gfn as Gfn
    this.oldestUsablePte = place.line('oldestUsablePte', 'the task that moved the page; read by oracles only')
    this.#vcpus = Array.from(
      { length: vcpus },
      (_, id) => new ApicVcpu(place.within(`vmcs01.${id}`), id, id < vcpus - x2apicVcpus),
    )
  }

  of(vcpu: Vcpu): ApicVcpu {
    return this.#vcpus[vcpu.id]!
  }

  /** `vmx_vcpu_reset()`: the first entry of each vCPU finds a request to load the page. */
  initialise(words: Int32Array, vcpus: readonly Vcpu[]): void {
    for (const vcpu of vcpus) {
      words[vcpu.requests]! |= KVM_REQ_APIC_PAGE_RELOAD
      words[this.of(vcpu).address] = NO_PFN
    }
  }
}
