import type { Rules } from '../rules.ts'
import { never, PRECHECK } from '../variants.ts'

/**
 * s4.naive_start: the request is sent from the start of the invalidation, and the reload does not look whether it is over.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S7 requests the reload
 *   P1 .. P9 the PTE is the old one, and
 *   so is the address; enters the guest
 *                                          changes the PTE, frees the page
 *                                          E1 .. E7
 *   uses the freed page
 */
export const B_OLDPFN: Rules = { ...PRECHECK, apic: { ...PRECHECK.apic, isStale: never } }
