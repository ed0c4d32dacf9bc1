import { B_AGEPLAIN } from './broken/b-ageplain.ts'
import { B_AGERCU } from './broken/b-agercu.ts'
import { B_AGESTORE } from './broken/b-agestore.ts'
import { B_APICLEAK } from './broken/b-apicleak.ts'
import { B_ARCHLOCK } from './broken/b-archlock.ts'
import { B_ASSIGN } from './broken/b-assign.ts'
import { B_CLEARLATE } from './broken/b-clearlate.ts'
import { B_DROP } from './broken/b-drop.ts'
import { B_EARLYDEC } from './broken/b-earlydec.ts'
import { B_ENDZAP } from './broken/b-endzap.ts'
import { B_GPCCOUNT } from './broken/b-gpccount.ts'
import { B_HALF } from './broken/b-half.ts'
import { B_HOIST } from './broken/b-hoist.ts'
import { B_HOIST_PLAIN } from './broken/b-hoist-plain.ts'
import { B_HOLEFIRST } from './broken/b-holefirst.ts'
import { B_HUGEEDGE } from './broken/b-hugeedge.ts'
import { B_HUGELOG } from './broken/b-hugelog.ts'
import { B_INT } from './broken/b-int.ts'
import { B_INV } from './broken/b-inv.ts'
import { B_ITER } from './broken/b-iter.ts'
import { B_LATEINC } from './broken/b-lateinc.ts'
import { B_LEAK } from './broken/b-leak.ts'
import { B_LOSTREQ } from './broken/b-lostreq.ts'
import { B_NONBLOCK } from './broken/b-nonblock.ts'
import { B_NORELEASE } from './broken/b-norelease.ts'
import { B_NOSNAP } from './broken/b-nosnap.ts'
import { B_NOTLBI } from './broken/b-notlbi.ts'
import { B_NOTRACKCHK } from './broken/b-notrackchk.ts'
import { B_OLDPFN } from './broken/b-oldpfn.ts'
import { B_ORDER } from './broken/b-order.ts'
import { B_ORDER_WMB } from './broken/b-order-wmb.ts'
import { B_P5 } from './broken/b-p5.ts'
import { B_PAIPA } from './broken/b-paipa.ts'
import { B_PUBFIRST } from './broken/b-pubfirst.ts'
import { B_RANGE } from './broken/b-range.ts'
import { B_RCU } from './broken/b-rcu.ts'
import { B_REQAFTER } from './broken/b-reqafter.ts'
import { B_ROOTS } from './broken/b-roots.ts'
import { B_ROOTWALK } from './broken/b-rootwalk.ts'
import { B_RWSEM } from './broken/b-rwsem.ts'
import { B_SEQORDER } from './broken/b-seqorder.ts'
import { B_SIDE } from './broken/b-side.ts'
import { B_SKIPFLUSH } from './broken/b-skipflush.ts'
import { B_SLEEP } from './broken/b-sleep.ts'
import { B_SNAP } from './broken/b-snap.ts'
import { B_SNAP_RMB } from './broken/b-snap-rmb.ts'
import { B_SRCU } from './broken/b-srcu.ts'
import { B_STALE } from './broken/b-stale.ts'
import { B_STARTFLUSH } from './broken/b-startflush.ts'
import { B_STOPFLUSH } from './broken/b-stopflush.ts'
import { B_TABLETLBI } from './broken/b-tabletlbi.ts'
import { B_TEARDOWN } from './broken/b-teardown.ts'
import { B_UNBAL } from './broken/b-unbal.ts'
import { B_UNITS } from './broken/b-units.ts'
import { B_VOLUME } from './broken/b-volume.ts'
import { B_WAKE } from './broken/b-wake.ts'
import type { Subject, Variant } from './kernel.ts'
import { AGE_ELIDED, AGE_LOCKED, AGE_LOCKLESS } from './variants/aging.ts'
import { BAIL, DOUBLE_FLUSH, INVALIDATE_RANGE, PINNED, RE_REQUEST } from './variants/apic-page.ts'
import { CONVERT, CONVERT_AT_ONCE } from './variants/attributes.ts'
import { FLUSH_EACH_LEAF, FLUSH_EACH_TABLE, ONE_FLUSH } from './variants/dirty-log.ts'
import { ALWAYS_LOCK, COUNT, COUNT_ELIDE, FAIR_GATE, RWSEM } from './variants/elision.ts'
import {
  FULL,
  FULL_IF_GT_PAGE,
  INTERVAL_TREE,
  INTERVAL_TREE_STACK,
  RANGED,
  RECHECK,
  SERIAL,
  THRESHOLD,
} from './variants/icache.ts'
import { EVERYTHING, EVERYTHING_5_15 } from './variants/mixed.ts'
import {
  AS_5_11,
  READ_LOCK,
  TWO_LISTS,
  WRITE_LOCK,
  WRITE_LOCK_5_15,
  WRITE_LOCK_SINGLE,
} from './variants/nx-recovery.ts'
import {
  COARSE_YIELD,
  LOOP,
  NO_PRECHECK,
  NO_YIELD,
  PRECHECK,
  PRECHECK_AFTER_PFN,
  TRYLOCK,
} from './variants/precheck.ts'

/** Every variant there is, in the order in which they are listed: each subject's good ones, then the broken. */
export const VARIANTS = [
  NO_PRECHECK,
  PRECHECK,
  NO_YIELD,
  LOOP,
  TRYLOCK,
  COARSE_YIELD,
  PRECHECK_AFTER_PFN,
  B_STALE,
  B_SNAP,
  B_HOIST,
  B_LEAK,
  B_UNITS,
  B_INV,
  B_ORDER,
  B_RANGE,
  B_HALF,
  B_ENDZAP,
  B_INT,
  B_SEQORDER,
  B_SNAP_RMB,
  B_HOIST_PLAIN,
  B_ORDER_WMB,
  AS_5_11,
  WRITE_LOCK,
  WRITE_LOCK_5_15,
  WRITE_LOCK_SINGLE,
  READ_LOCK,
  TWO_LISTS,
  B_DROP,
  B_ROOTS,
  B_ASSIGN,
  B_ITER,
  B_ROOTWALK,
  B_SIDE,
  B_RCU,
  B_NOTRACKCHK,
  B_P5,
  RANGED,
  THRESHOLD,
  SERIAL,
  INTERVAL_TREE,
  INTERVAL_TREE_STACK,
  FULL_IF_GT_PAGE,
  FULL,
  RECHECK,
  B_PUBFIRST,
  B_SLEEP,
  B_VOLUME,
  B_NOTLBI,
  B_PAIPA,
  B_TABLETLBI,
  ALWAYS_LOCK,
  COUNT,
  COUNT_ELIDE,
  RWSEM,
  FAIR_GATE,
  B_UNBAL,
  B_RWSEM,
  B_WAKE,
  B_LATEINC,
  B_EARLYDEC,
  B_TEARDOWN,
  B_ARCHLOCK,
  B_SRCU,
  B_NONBLOCK,
  B_GPCCOUNT,
  B_NORELEASE,
  DOUBLE_FLUSH,
  RE_REQUEST,
  BAIL,
  PINNED,
  INVALIDATE_RANGE,
  B_OLDPFN,
  B_NOSNAP,
  B_LOSTREQ,
  B_SKIPFLUSH,
  B_REQAFTER,
  B_APICLEAK,
  FLUSH_EACH_TABLE,
  ONE_FLUSH,
  FLUSH_EACH_LEAF,
  B_STARTFLUSH,
  B_CLEARLATE,
  B_STOPFLUSH,
  B_HUGELOG,
  EVERYTHING,
  EVERYTHING_5_15,
  AGE_LOCKED,
  AGE_ELIDED,
  AGE_LOCKLESS,
  B_AGESTORE,
  B_AGERCU,
  B_AGEPLAIN,
  CONVERT_AT_ONCE,
  CONVERT,
  B_HUGEEDGE,
  B_HOLEFIRST,
] as const satisfies readonly Variant[]

type Each = (typeof VARIANTS)[number]

/** The names on the command line. */
export type VariantName = Each['name']
export type VariantNameOf<S extends Subject, K extends 'good' | 'broken' = 'good' | 'broken'> = Extract<
  Each,
  { readonly subject: S; readonly kind: K }
>['name']

const BY_NAME: ReadonlyMap<string, Variant> = new Map(VARIANTS.map((one) => [one.name, one]))

export const variantNamed = (name: VariantName): Variant => BY_NAME.get(name)!

/** Those of a subject that trials can run. */
export const variantsOf = (subject: Subject): readonly Variant[] =>
  VARIANTS.filter((one) => one.subject === subject && !('isCheckedOnly' in one))
