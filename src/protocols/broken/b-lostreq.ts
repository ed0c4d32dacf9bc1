import type { Steps } from '../../shared-memory/steps.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'

/**
 * The reload finds that it must retry, and nobody asks for it again.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *                                          S1 .. S9
 *   P1 clears the request
 *   P8 must retry, P9
 *   nothing is pending: enters the guest
 *   with the address it had
 *                                          changes the PTE, frees the page
 */
export const B_LOSTREQ: Rules = { ...PRECHECK, apic: { ...PRECHECK.apic, retry: goOn } }

function* goOn(): Steps<boolean> {
  return true
}
