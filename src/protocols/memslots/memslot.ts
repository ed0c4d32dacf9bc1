/** A memslot as the VMM sets it. Everything is in pages. */
export type MemslotConfig = {
  readonly slot: number
  readonly baseGfn: number
  readonly hva: number
  readonly pages: number
}

declare const brand: unique symbol

/** The index of a memslot in the table; -1 is none. */
export type Memslot = number & { readonly [brand]: 'Memslot' }
export const NO_MEMSLOT = -1 as Memslot

/** KVM_MEMSLOT_INVALID: the slot is being deleted or moved; a fault on it retries. */
export const INVALID = 1
/** KVM_MEM_LOG_DIRTY_PAGES: guest writes to the slot are logged. */
export const LOG_DIRTY_PAGES = 2
/** KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS, in the generation of a set that is being published. */
export const GEN_UPDATE_IN_PROGRESS = 1 << 30

/** The change of one memslot in the next set: it is removed, or has these flags and this gfn. */
export type MemslotEdit = { readonly slot: MemslotConfig; readonly flags: number; readonly baseGfn: number } | null
