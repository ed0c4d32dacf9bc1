import { type Gfn, gfnAdd } from '../../shared-memory/addresses.ts'
import type { Word } from '../../shared-memory/cpu.ts'
import { Fault } from '../page-fault.ts'
import type { Stage2Vcpu } from './vcpu.ts'

/** A stage-2 fault on its way through `user_mem_abort()`: on the vCPU's stack, so no other CPU sees it. */
export class Stage2Fault extends Fault {
  readonly vcpu: Stage2Vcpu
  /** The guest fetched an instruction; else it wrote. */
  isExec = false
  /** The memslot was being logged when the fault found it: dirty memory is logged page by page, so it maps no block. */
  isLogged = false
  /** Pages that the translation covers which did not allow the access (ESR_EL2's fault level); 0: there was none. */
  faultPages = 0
  /** Pages that the mapping is to cover: those of a block, or one. */
  pages = 1
  /** The first gfn of the mapping. */
  first = 0 as Gfn
  /** The current entry of the walk. */
  ptep = 0 as Word
  /** For the oracle: faults in a row that found nothing to do. */
  refaults = 0

  constructor(vcpu: Stage2Vcpu) {
    super()
    this.vcpu = vcpu
  }

  /** The end of the mapping. */
  get end(): Gfn {
    return gfnAdd(this.first, this.pages)
  }

  override endTry(): void {
    super.endTry()
    this.ptep = 0 as Word
  }

  beginAccess(gfn: Gfn, isExec: boolean): void {
    this.begin(gfn, false)
    this.isExec = isExec
    this.refaults = 0
  }
}
