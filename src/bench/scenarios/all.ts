import type { Scenario } from '../scenario.ts'
import aging from './aging.ts'
import apicPage from './apic-page.ts'
import attributes from './attributes.ts'
import dirtyLog from './dirty-log.ts'
import elision from './elision.ts'
import faultScaling from './fault-scaling.ts'
import icache from './icache.ts'
import instruments from './instruments.ts'
import mixed from './mixed.ts'
import nxRecovery from './nx-recovery.ts'
import precheck from './precheck.ts'
import primitives from './primitives.ts'

/** Every scenario there is, in the order in which they are listed. */
export const SCENARIOS: readonly Scenario[] = [
  precheck,
  nxRecovery,
  icache,
  elision,
  apicPage,
  dirtyLog,
  aging,
  attributes,
  mixed,
  faultScaling,
  primitives,
  instruments,
]

/** The default questions, without \`--scenario\`. */
export const HEADLINES: readonly Scenario[] = [precheck, nxRecovery, icache, elision, apicPage]
