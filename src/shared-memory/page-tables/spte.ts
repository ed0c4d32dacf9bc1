import type { Gfn, Pfn } from '../addresses.ts'

/**
 * Shadow page-table entries. The kernel's are 64 bits wide; here they are one 32-bit word with the same states:
 *
 *   pfn or child table (31..8) | large (7) | present (6) | mmio (5) | dirty (4) | accessed (3) | X (2) | W (1) | R (0)
 *
 *   NONPRESENT 0     FROZEN 0x5a0 (not present)     MMIO (not present, tagged)     non-leaf     leaf
 */
export const R = 0x01
export const W = 0x02
export const X = 0x04
export const ACCESSED = 0x08
export const DIRTY = 0x10
const MMIO = 0x20
const PRESENT = 0x40
const LARGE = 0x80
const PFN_SHIFT = 8

/** pfns and table numbers are 24 bits wide. */
export const MAX_PFNS = 1 << (32 - PFN_SHIFT)

/** An SPTE that maps nothing: the next access faults. */
export const NONPRESENT = 0
/**
 * A CPU that holds mmu_lock for read does several steps on the entry: no other may change it, and a fault that meets
 * it retries. The kernel's value; was REMOVED_SPTE.
 */
export const FROZEN_SPTE = 0x5a0
export const MMIO_SPTE = MMIO

/** 4 KiB, 2 MiB, 1 GiB. */
export const LEVEL_4K = 1
export const LEVEL_2M = 2
export const LEVEL_1G = 3
export const ROOT_LEVEL = 4
export const ENTRIES = 512
const BITS_PER_LEVEL = 9

export const isShadowPresent = (spte: number): boolean => (spte & PRESENT) !== 0
export const isFrozen = (spte: number): boolean => spte === FROZEN_SPTE
export const isMmio = (spte: number): boolean => (spte & (PRESENT | MMIO)) === MMIO && spte !== FROZEN_SPTE
/** `is_last_spte()`: at 4 KiB every present entry is a leaf. */
export const isLast = (spte: number, level: number): boolean => level === LEVEL_4K || (spte & LARGE) !== 0
export const isPresentLeaf = (spte: number, level: number): boolean => isShadowPresent(spte) && isLast(spte, level)
/** A page table hangs below the entry. */
export const isTable = (spte: number, level: number): boolean => isShadowPresent(spte) && !isLast(spte, level)

export const makeLeaf = (pfn: Pfn, level: number, access: number): number =>
  (pfn << PFN_SHIFT) | PRESENT | (level === LEVEL_4K ? 0 : LARGE) | ACCESSED | access
export const makeNonleaf = (table: number): number => (table << PFN_SHIFT) | PRESENT | ACCESSED | R | W | X

export const pfnOf = (spte: number): Pfn => (spte >>> PFN_SHIFT) as Pfn
export const childOf = (spte: number): number => spte >>> PFN_SHIFT

/** `KVM_PAGES_PER_HPAGE()`. */
export const pagesPerLevel = (level: number): number => 1 << ((level - 1) * BITS_PER_LEVEL)
/** `SPTE_INDEX()`. */
export const spteIndex = (gfn: Gfn, level: number): number => (gfn >>> ((level - 1) * BITS_PER_LEVEL)) & (ENTRIES - 1)
/** `gfn_round_for_level()`. */
export const roundForLevel = (gfn: Gfn, level: number): Gfn =>
  ((gfn >>> ((level - 1) * BITS_PER_LEVEL)) << ((level - 1) * BITS_PER_LEVEL)) as Gfn
