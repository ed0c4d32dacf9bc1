/** A memslot as the VMM sets it. Everything is in pages. */
export type MemslotConfig = {
  readonly slot: number
  readonly baseGfn: number
  readonly hva: number
  readonly pages: number
}

declare const brand: unique symbol

/** Which memslot of the table it is; -1 is none. */
export type Memslot = number & { readonly [brand]: 'Memslot' }
export const NO_MEMSLOT = -1 as Memslot

/** KVM_MEMSLOT_INVALID: the slot is being deleted or moved; a fault on it retries. */
export const INVALID = 1
/** KVM_MEM_LOG_DIRTY_PAGES: what the guest writes to is logged. */
export const LOG_DIRTY_PAGES = 2
/** KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS, in the generation of a set that is being published. */
export const GEN_UPDATE_IN_PROGRESS = 1 << 30

/** What becomes of one memslot in the next set: it is left out, or it is there, with these flags and at this gfn. */
export type MemslotEdit = { readonly slot: MemslotConfig; readonly flags: number; readonly baseGfn: number } | null
