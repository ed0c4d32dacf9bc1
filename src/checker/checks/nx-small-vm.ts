import type { MemslotConfig } from '../../protocols/memslots/memslot.ts'
import type { NxConfig } from '../../protocols/vm-config.ts'
import type { Gfn } from '../../shared-memory/addresses.ts'
import type { SmallConfiguration } from './small-configuration.ts'

// The small VMs of system 1: their memory, and the options of a configuration.

const BLOCK = 512
/** Pages of the largest huge page. */
export const GIB = BLOCK * BLOCK
export const FIRST_GFN = 1 << 20
export const FIRST_HVA = 1 << 22

export const pagesOf = (blocks: number): number => blocks * BLOCK
export const own = (block: number, page = 0): Gfn => (FIRST_GFN + block * BLOCK + page) as Gfn

/** Huge pages of the guest, and behind them small ones. */
export const HUGE = 3
export const small = (page: number): Gfn => own(HUGE, page)
/** With a nested guest, its memory is the last huge page. */
export const nested = (page: number): Gfn => own(HUGE - 1, page)

/** All memory; and a memslot apart, which comes first. */
export const ALL: MemslotConfig = { slot: 0, baseGfn: FIRST_GFN, hva: FIRST_HVA, pages: pagesOf(HUGE + 1) }
export const ELSEWHERE: MemslotConfig = { slot: 0, baseGfn: own(-2), hva: FIRST_HVA + ALL.pages, pages: 1 }

/** Its page tables, and that memory's huge pages. */
export const NX: NxConfig = {
  roots: 1,
  keepsRoots: true,
  nestedGfn: own(HUGE + 1),
  nestedPages: 0,
  hugeBlocks: HUGE,
  hugeLevel: 2,
  entries: 4,
}

export type Small = SmallConfiguration & {
  readonly vcpus: number
  readonly nx?: Partial<NxConfig>
  readonly memslots?: readonly MemslotConfig[]
}
