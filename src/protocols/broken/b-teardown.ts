import { COUNT_ELIDE } from '../memslots/pairs.ts'
import type { Rules } from '../rules.ts'
import { nothing, PRECHECK } from '../variants.ts'

/**
 * The count of pairs is left as it is when a VM is destroyed.
 *
 *   notifier                               kvm_destroy_vm()
 *   --------                               ----------------
 *   start: count = 1
 *                                          unregisters the notifier
 *   end: nobody is called
 *                                          deletes its private memslot: waits for count = 0, for ever
 */
export const B_TEARDOWN: Rules = { ...PRECHECK, memslots: { ...COUNT_ELIDE, forgetPairs: nothing } }
