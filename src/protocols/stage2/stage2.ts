import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Word, wordAt } from '../../shared-memory/cpu.ts'
import { GRANULES } from '../../shared-memory/page-tables/stage2-pte.ts'
import { Stage2Tables } from '../../shared-memory/page-tables/stage2-tables.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Stage2Config, VmConfig } from '../vm-config.ts'
import { FaultRanges } from './fault-ranges.ts'
import { Rendezvous } from './rendezvous.ts'
import { Stage2Vcpu } from './vcpu.ts'

/**
 * `struct kvm_s2_mmu`, and what the hardware keeps of it.
 *
 *   tables               the page table                               see Stage2Tables
 *   tlbEpochs[block]     broadcast TLBIs of the block so far          written by the CPU that invalidates; read by the hardware
 *   icacheEpoch          invalidations of all I-caches so far         one for all VMs of the machine
 *   mmapLockCount        readers of the VMM's mmap_lock               all vCPUs that fault; nothing takes it for write
 *   faultRanges          of the variants with an interval tree
 *   rendezvous           where the VMM's vCPU threads wait for each other
 *   icacheOf[page]       the host's entry that the I-cache was last invalidated for      oracles only
 */
export class Stage2 {
  readonly tables: Stage2Tables
  readonly pageBytes: number
  readonly lineBytes: number
  /** `MAX_DVM_OPS`, which is PTRS_PER_PTE. */
  readonly maxDvmOps: number
  readonly scale: number
  readonly hasTlbRange: boolean
  readonly mmapLockCount: Word | undefined
  readonly faultRanges: FaultRanges
  readonly rendezvous: Rendezvous
  readonly vcpus: readonly Stage2Vcpu[]
  readonly icacheEpoch: Word
  readonly #tlbEpochs: Word
  readonly #icacheOf: Word

  constructor(place: Place, config: VmConfig, stage2: Stage2Config, icacheEpoch: Word) {
    const { pageBytes, entries } = GRANULES[stage2.granule]
    const start = Math.min(...config.memslots.map(({ baseGfn }) => baseGfn))
    const end = Math.max(...config.memslots.map(({ baseGfn, pages }) => baseGfn + pages))
    this.pageBytes = pageBytes
    this.lineBytes = 4 << stage2.iminLine
    this.maxDvmOps = entries
    this.scale = stage2.scale
    this.hasTlbRange = stage2.hasTlbRange ?? false
    this.icacheEpoch = icacheEpoch
    this.tables = new Stage2Tables(place.within('tables'), stage2.granule, { start, end }, config.cpus)
    this.#tlbEpochs = place.table('tlbEpochs', this.tables.blocks, 'the CPU that invalidates')
    this.mmapLockCount = stage2.takesMmapLock === true ? place.line('mmapLockCount') : undefined
    this.faultRanges = new FaultRanges(place.within('faultRanges'), config.cpus, config.lockStatistics)
    this.rendezvous = new Rendezvous(place.within('rendezvous'), config.vcpus)
    this.vcpus = Array.from({ length: config.vcpus }, () => new Stage2Vcpu(config.tlbEntries))
    this.#icacheOf = place.table('icacheOf', config.oracles ? this.tables.blocks * entries : 0, 'oracles')
  }

  /** Writes the non-zero initial values into memory that no other CPU uses yet. */
  initialise(words: Int32Array): void {
    this.rendezvous.initialise(words)
  }

  tlbEpoch(gfn: Gfn): Word {
    return wordAt(this.#tlbEpochs, this.tables.blockOf(gfn))
  }

  icacheOf(gfn: Gfn): Word {
    return wordAt(this.#icacheOf, gfn - this.tables.baseGfn)
  }
}
