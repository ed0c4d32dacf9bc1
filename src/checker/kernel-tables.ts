import type * as catalogue from '../protocols/catalogue.ts'
import type * as kernels from '../protocols/kernels.ts'
import type * as placing from '../protocols/on-kernel.ts'

/** The tables of functions of the traced build, and what puts a variant on one. */
export type KernelTables = Pick<typeof catalogue, 'variantNamed'> &
  Pick<typeof kernels, 'versionNamed'> &
  Pick<typeof placing, 'onKernel'>
