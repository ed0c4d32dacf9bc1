import { BAIL, DOUBLE_FLUSH, INVALIDATE_RANGE, PINNED } from './apic/variants.ts'
import { B_APICLEAK } from './broken/b-apicleak.ts'
import { B_ARCHLOCK } from './broken/b-archlock.ts'
import { B_ASSIGN } from './broken/b-assign.ts'
import { B_DROP } from './broken/b-drop.ts'
import { B_EARLYDEC } from './broken/b-earlydec.ts'
import { B_HALF } from './broken/b-half.ts'
import { B_HOIST } from './broken/b-hoist.ts'
import { B_HOIST_PLAIN } from './broken/b-hoist-plain.ts'
import { B_INV } from './broken/b-inv.ts'
import { B_ITER } from './broken/b-iter.ts'
import { B_LATEINC } from './broken/b-lateinc.ts'
import { B_LEAK } from './broken/b-leak.ts'
import { B_LOSTREQ } from './broken/b-lostreq.ts'
import { B_NOSNAP } from './broken/b-nosnap.ts'
import { B_NOTLBI } from './broken/b-notlbi.ts'
import { B_NOTRACKCHK } from './broken/b-notrackchk.ts'
import { B_OLDPFN } from './broken/b-oldpfn.ts'
import { B_ORDER } from './broken/b-order.ts'
import { B_ORDER_WMB } from './broken/b-order-wmb.ts'
import { B_PUBFIRST } from './broken/b-pubfirst.ts'
import { B_RANGE } from './broken/b-range.ts'
import { B_RCU } from './broken/b-rcu.ts'
import { B_REQAFTER } from './broken/b-reqafter.ts'
import { B_ROOTS } from './broken/b-roots.ts'
import { B_ROOTWALK } from './broken/b-rootwalk.ts'
import { B_RWSEM } from './broken/b-rwsem.ts'
import { B_SIDE } from './broken/b-side.ts'
import { B_SKIPFLUSH } from './broken/b-skipflush.ts'
import { B_SLEEP } from './broken/b-sleep.ts'
import { B_SNAP } from './broken/b-snap.ts'
import { B_SNAP_RMB } from './broken/b-snap-rmb.ts'
import { B_SRCU } from './broken/b-srcu.ts'
import { B_STALE } from './broken/b-stale.ts'
import { B_TEARDOWN } from './broken/b-teardown.ts'
import { B_UNBAL } from './broken/b-unbal.ts'
import { B_UNITS } from './broken/b-units.ts'
import { B_VOLUME } from './broken/b-volume.ts'
import { B_WAKE } from './broken/b-wake.ts'
import { READ_LOCK, TWO_LISTS, V5_11, V5_15, WRITE_LOCK, WRITE_LOCK_SINGLE } from './kernels.ts'
import { ALWAYS_LOCK, COUNT, FAIR_GATE, RWSEM } from './memslots/variants.ts'
import type { Rules } from './rules.ts'
import {
  FULL,
  FULL_IF_GT_PAGE,
  INTERVAL_TREE,
  INTERVAL_TREE_STACK,
  RANGED,
  RECHECK,
  SERIAL,
  THRESHOLD,
} from './stage2/variants.ts'
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
  'B-SNAP-rmb': B_SNAP_RMB,
  'B-HOIST': B_HOIST,
  'B-HOIST-plain': B_HOIST_PLAIN,
  'B-LEAK': B_LEAK,
  'B-UNITS': B_UNITS,
  'B-INV': B_INV,
  'B-ORDER': B_ORDER,
  'B-ORDER-wmb': B_ORDER_WMB,
  'B-RANGE': B_RANGE,
  'B-HALF': B_HALF,
  'v5.11': V5_11,
  'write-lock': WRITE_LOCK,
  'write-lock-single': WRITE_LOCK_SINGLE,
  'read-lock': READ_LOCK,
  'two-lists': TWO_LISTS,
  'B-DROP': B_DROP,
  'B-ROOTS': B_ROOTS,
  'B-ASSIGN': B_ASSIGN,
  'B-ITER': B_ITER,
  'B-ROOTWALK': B_ROOTWALK,
  'B-SIDE': B_SIDE,
  'B-RCU': B_RCU,
  'B-NOTRACKCHK': B_NOTRACKCHK,
  serial: SERIAL,
  ranged: RANGED,
  'interval-tree': INTERVAL_TREE,
  'interval-tree-stack': INTERVAL_TREE_STACK,
  'full-if-gt-page': FULL_IF_GT_PAGE,
  threshold: THRESHOLD,
  full: FULL,
  recheck: RECHECK,
  'B-PUBFIRST': B_PUBFIRST,
  'B-SLEEP': B_SLEEP,
  'B-VOLUME': B_VOLUME,
  'B-NOTLBI': B_NOTLBI,
  'always-lock': ALWAYS_LOCK,
  count: COUNT,
  'count-elide': PRECHECK,
  rwsem: RWSEM,
  'fair-gate': FAIR_GATE,
  'B-TEARDOWN': B_TEARDOWN,
  'B-UNBAL': B_UNBAL,
  'B-RWSEM': B_RWSEM,
  'B-WAKE': B_WAKE,
  'B-LATEINC': B_LATEINC,
  'B-EARLYDEC': B_EARLYDEC,
  'B-ARCHLOCK': B_ARCHLOCK,
  'B-SRCU': B_SRCU,
  're-request': PRECHECK,
  'double-flush': DOUBLE_FLUSH,
  bail: BAIL,
  pinned: PINNED,
  'invalidate-range': INVALIDATE_RANGE,
  'B-OLDPFN': B_OLDPFN,
  'B-NOSNAP': B_NOSNAP,
  'B-LOSTREQ': B_LOSTREQ,
  'B-SKIPFLUSH': B_SKIPFLUSH,
  'B-REQAFTER': B_REQAFTER,
  'B-APICLEAK': B_APICLEAK,
  'v5.15': V5_15,
} as const satisfies Record<string, Rules>

export type VariantName = keyof typeof VARIANT_RULES
