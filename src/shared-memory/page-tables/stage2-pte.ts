import type { Pfn } from '../addresses.ts'

/**
 * Stage-2 entries (`kvm_pte_t`). The kernel's are 64 bits wide; here they are one 32-bit word with the same states:
 *
 *   type (31..28) | pfn or child table (27..4) | X (3) | W (2) | table (1) | valid (0)
 *
 *   0 invalid     LOCKED (not valid, type 1)     table     leaf: a page, or a block above it
 *
 * X set is S2XN clear. A pfn counts pages of the host, which are as large as its granule says.
 */
const VALID = 0x1
const TABLE = 0x2
export const S2_W = 0x4
export const S2_X = 0x8
const PERMISSIONS = S2_W | S2_X
const PFN_SHIFT = 4
const PFN_MASK = 0xff_ffff

/** An entry that maps nothing. */
export const INVALID_PTE = 0
/**
 * A CPU that holds mmu_lock for read has broken the entry and is about to replace it: no other may change it, and a
 * fault that meets it enters the guest again. `KVM_INVALID_PTE_LOCKED`.
 */
export const LOCKED_PTE = 1 << 28

export const isValid = (pte: number): boolean => (pte & VALID) !== 0
export const isLocked = (pte: number): boolean => pte === LOCKED_PTE
export const isTable = (pte: number): boolean => (pte & (VALID | TABLE)) === (VALID | TABLE)
export const isLeaf = (pte: number): boolean => (pte & (VALID | TABLE)) === VALID
/** `stage2_pte_executable()`. */
export const isExecutable = (pte: number): boolean => isLeaf(pte) && (pte & S2_X) !== 0

export const makePte = (pfn: Pfn, permissions: number): number => (pfn << PFN_SHIFT) | permissions | VALID
export const makeTable = (table: number): number => (table << PFN_SHIFT) | TABLE | VALID

export const pfnOfStage2 = (pte: number): Pfn => ((pte >>> PFN_SHIFT) & PFN_MASK) as Pfn
export const tableOf = (pte: number): number => (pte >>> PFN_SHIFT) & PFN_MASK

/** `stage2_pte_needs_update()`: false if the new entry maps the same page, even with other permissions. */
export const needsUpdate = (old: number, now: number): boolean =>
  !isValid(old) || !isValid(now) || ((old ^ now) & ~PERMISSIONS) !== 0

/** The host's base page: it decides how many entries a table has, and how large a block is. */
export type Granule = '4k' | '16k' | '64k'

/** `entries`: PTRS_PER_PTE, so a block is 2 MiB, 32 MiB or 512 MiB. */
export const GRANULES: Readonly<Record<Granule, { readonly pageBytes: number; readonly entries: number }>> = {
  '4k': { pageBytes: 4096, entries: 512 },
  '16k': { pageBytes: 16_384, entries: 2048 },
  '64k': { pageBytes: 65_536, entries: 8192 },
}
