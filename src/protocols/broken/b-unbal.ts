import { COUNT_ELIDE, firstSlot } from '../memslots/pairs.ts'
import { publishAtOnce } from '../memslots/variants.ts'
import { endInvalidation } from '../notifier.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'

/**
 * s3.elide_naive: mmu_lock is elided by what the memslots show, and nothing keeps them as they are.
 *
 *   notifier                               memslot updater
 *   --------                               ---------------
 *   start: no slot overlaps, elided
 *                                          adds a slot that covers the range
 *   end: a slot overlaps
 *   E4 in_progress = -1
 *
 * The other way round it stays at 1 for ever, and every fault in its range retries.
 */
export const B_UNBAL: Rules = {
  ...PRECHECK,
  memslots: { ...COUNT_ELIDE, beginPair: firstSlot, endPair: endInvalidation, publish: publishAtOnce },
}
