import { B_HALF } from './broken/b-half.ts'
import { B_HOIST } from './broken/b-hoist.ts'
import { B_INV } from './broken/b-inv.ts'
import { B_LEAK } from './broken/b-leak.ts'
import { B_ORDER } from './broken/b-order.ts'
import { B_RANGE } from './broken/b-range.ts'
import { B_SNAP } from './broken/b-snap.ts'
import { B_STALE } from './broken/b-stale.ts'
import { B_UNITS } from './broken/b-units.ts'
import type { Rules } from './rules.ts'
import { COARSE_YIELD, LOOP, NO_PRECHECK, NO_YIELD, PRECHECK, PRECHECK_AFTER_PFN, TRYLOCK } from './variants.ts'

/** The variants by the names under which they are asked for. */
export const VARIANT_RULES = {
  'no-precheck': NO_PRECHECK,
  precheck: PRECHECK,
  'no-yield': NO_YIELD,
  loop: LOOP,
  trylock: TRYLOCK,
  'coarse-yield': COARSE_YIELD,
  'precheck-after-pfn': PRECHECK_AFTER_PFN,
  'B-STALE': B_STALE,
  'B-SNAP': B_SNAP,
  'B-HOIST': B_HOIST,
  'B-LEAK': B_LEAK,
  'B-UNITS': B_UNITS,
  'B-INV': B_INV,
  'B-ORDER': B_ORDER,
  'B-RANGE': B_RANGE,
  'B-HALF': B_HALF,
} as const satisfies Record<string, Rules>

export type VariantName = keyof typeof VARIANT_RULES
