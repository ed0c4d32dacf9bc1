/** The first gfn of the guest's memory. The hvas are far from the gfns, so that the two cannot be confused. */
export const BASE_GFN = 1 << 20
export const BASE_HVA = 1 << 29

/** Pages of 4 KiB in a block of 2 MiB, which can be a huge page. */
export const BLOCK = 512

/** Pages of a memslot that comes and goes. */
export const SPARE_PAGES = 64

const PAGES_PER_MIB = 256

/** The same number of pages or more, in blocks of 2 MiB. */
export const wholeBlocks = (pages: number): number => Math.ceil(pages / BLOCK) * BLOCK

export const pagesOfMib = (mib: number): number => mib * PAGES_PER_MIB

/** The guest's memory as memslot 0, in whole blocks. */
export const guestMemory = (pages: number) => ({
  slot: 0,
  baseGfn: BASE_GFN,
  hva: BASE_HVA,
  pages: wholeBlocks(pages),
})

/** A memslot above the guest's memory, which is not there at first. */
export const spareAbove = ({ pages }: { readonly pages: number }) => ({
  slot: 1,
  baseGfn: BASE_GFN + pages,
  hva: BASE_HVA + pages + BLOCK,
  pages: SPARE_PAGES,
})
