import type { Check } from '../check.ts'
import aging from './aging.ts'
import apicPage from './apic-page.ts'
import attributes from './attributes.ts'
import dirtyLog from './dirty-log.ts'
import elision from './elision.ts'
import icache from './icache.ts'
import nxRecovery from './nx-recovery.ts'
import precheck from './precheck.ts'

/** Every check there is, in the order in which they are listed. */
export const CHECKS: readonly Check[] = [precheck, nxRecovery, icache, elision, apicPage, dirtyLog, aging, attributes]
