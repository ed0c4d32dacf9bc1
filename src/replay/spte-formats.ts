/** The memory type of EPT's leafs is write-back, in bits 3 to 5. Elsewhere these are PWT, PCD and accessed. */
const EPT_TYPE = 0x38
const EPT_WRITE_BACK = 0x30
/** The accessed bit, where EPT has it and elsewhere. */
const EPT_ACCESSED = 0x100
const ACCESSED = 0x20

/** The number of SPTEs in the format of EPT, and in that of x86's page tables. */
export class SpteFormats {
  #ept = 0
  #others = 0

  /** Takes in the low half of one that was set. `hasNoUser`: the format has no bit for user pages, as EPT has none. */
  saw(low: number, hasNoUser: boolean): void {
    if (hasNoUser || (low & EPT_TYPE) === EPT_WRITE_BACK) this.#ept += 1
    else this.#others += 1
  }

  /** Most are EPT's. */
  get isEpt(): boolean {
    return this.#ept > this.#others
  }

  isAccessed(low: number): boolean {
    return (low & (this.isEpt ? EPT_ACCESSED : ACCESSED)) !== 0
  }
}
