declare const brand: unique symbol

/** Guest frame number: guest physical address / 4 KiB. */
export type Gfn = number & { readonly [brand]: 'Gfn' }
/** Page frame number of the host. */
export type Pfn = number & { readonly [brand]: 'Pfn' }
/** Host virtual address in pages of 4 KiB, counted from where the layout of the run begins. */
export type Hva = number & { readonly [brand]: 'Hva' }

/** The gfn this many pages of 4 KiB above. */
export const gfnAdd = (gfn: Gfn, pages: number): Gfn => (gfn + pages) as Gfn
/** The hva this many pages of 4 KiB above. */
export const hvaAdd = (hva: Hva, pages: number): Hva => (hva + pages) as Hva
