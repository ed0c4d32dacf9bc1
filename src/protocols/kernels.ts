import type { Steps } from '../shared-memory/steps.ts'
import { ageGfn, clearFlushYoung, clearYoung, tdpMmuAgeSpte, testAgeGfn, testYoung } from './aging.ts'
import { reloadApicAccessPage } from './apic/reload.ts'
import { gmemPunchHole } from './attributes/punch-hole.ts'
import {
  archPostSetMemoryAttributes,
  archPreSetMemoryAttributes,
  condResched,
  vmSetMemAttributes,
} from './attributes/set-attributes.ts'
import { archMmuEnableLogDirtyPtMasked, clearDirtyLogProtect, getDirtyLogProtect } from './dirty-log/protect.ts'
import { mmuRecoverHugePages } from './dirty-log/recover.ts'
import { mmuSlotApplyFlags } from './dirty-log/start-stop.ts'
import { mmuSlotRemoveWriteAccess, mmuSlotTrySplitHugePages } from './dirty-log/start-walks.ts'
import { directPageFault, mmuDoPageFault, mmuFaultinPfn, mmuPageFault, tdpMmuPageFault } from './fault.ts'
import { firstKernel, kernel, type Version, type VersionName } from './kernel.ts'
import type { Kvm } from './kvm.ts'
import { fastPageFault, tdpMmuMap, tdpMmuSplitHugePage } from './map.ts'
import { flushShadowMemslot } from './memslots/flush-shadow.ts'
import { flushShadowAll } from './memslots/release.ts'
import { swapActiveMemslots } from './memslots/swap.ts'
import { destroyVm } from './memslots/teardown.ts'
import {
  invalidateBegin,
  invalidateEnd,
  invalidateRangeAdd,
  invalidateRangeEnd,
  invalidateRangeStart,
} from './notifier.ts'
import { tdpMmuZapRoot } from './nx/obsolete-roots.ts'
import { mmuSpDirtyLoggingEnabled, nxHugePageRecoveryWorker, recoverNxHugePages } from './nx/recovery.ts'
import { tdpMmuNextRoot } from './nx/root-walk.ts'
import { handleRemovedPt, tdpMmuFreeSp } from './nx/teardown.ts'
import { trackPossibleNxHugePage } from './nx/track.ts'
import { tdpMmuZapPossibleNxHugePage } from './nx/zap-page.ts'
import { gfnToPfnCacheInvalidateStart, gpcRefresh, mmuNotifierRetryCache } from './pfncache/refresh.ts'
import { flushRemoteTlbs } from './remote-flush.ts'
import { rwlockNeedbreak } from './resched.ts'
import { invalidateRetry, invalidateRetryGfn, invalidateRetryGfnUnsafe, isPageFaultStale } from './retry.ts'
import { directMap } from './shadow-map.ts'
import { arm64FlushShadowAll, stage2Destroy } from './stage2/destroy.ts'
import { stage2AttrWalker, stage2RelaxPerms, userMemAbort } from './stage2/fault.ts'
import { invalidateIcacheGuestPage } from './stage2/icache.ts'
import { stage2Map } from './stage2/map.ts'
import { stage2Unmap } from './stage2/unmap.ts'
import { vcpuFlushTlbAll } from './vcpu-run.ts'
import * as dirtyLog from './versions/dirty-log.ts'
import * as v5_11 from './versions/v5.11.ts'
import * as v5_12 from './versions/v5.12.ts'
import * as v5_15 from './versions/v5.15.ts'
import * as v6_5 from './versions/v6.5.ts'
import * as v6_8 from './versions/v6.8.ts'
import * as v6_12 from './versions/v6.12.ts'
import * as v6_18 from './versions/v6.18.ts'
import {
  arm64UnmapGfnRange,
  rmapZapGfnRange,
  tdpMmuIterCondResched,
  tdpMmuUnmapGfnRange,
  tdpMmuZapLeafs,
  tdpMmuZapRange,
  unmapGfnRange,
  wrprotGfnRange,
  zapGfnRange,
} from './zap.ts'

// The versions: each is the one before with the changed functions and the commits that changed them. The bugs of a
// version are included: see `objections` of the variants that are versions.

function* nothingToDo(): Steps<void> {}

function* never(): Steps<boolean> {
  return false
}

/** The functions that are the same in all versions here. */
const EVERY_VERSION = {
  invalidateEnd,
  invalidateRetry,
  invalidateRetryGfnUnsafe,
  destroyVm,
  flushRemoteTlbs,
  vcpuFlushTlbAll,
  mmuPageFault,
  mmuDoPageFault,
  tdpMmuPageFault,
  directPageFault,
  directMap,
  rmapZapGfnRange,
  tdpMmuMap,
  trackPossibleNxHugePage,
  tdpMmuFreeSp,
  condResched,
  archPostSetMemoryAttributes,
  gmemPunchHole,
  ageGfn,
  testAgeGfn,
  wrprotGfnRange,
  getDirtyLogProtect,
  clearDirtyLogProtect,
  arm64UnmapGfnRange,
  arm64FlushShadowAll,
  stage2Map,
  stage2RelaxPerms,
  stage2AttrWalker,
  pinsApicAccessPage: false,
} as const satisfies Partial<Kvm>

export const V5_11: Version = firstKernel('v5.11', {
  ...EVERY_VERSION,
  rwlockNeedbreak: v6_8.rwlockNeedbreak,
  invalidateBegin: v5_11.invalidateBegin,
  invalidateRangeAdd: nothingToDo,
  invalidateRetryGfn: v5_11.invalidateRetryGfn,
  invalidateRangeStart: v5_11.invalidateRangeStart,
  invalidateRangeEnd: v5_12.invalidateRangeEnd,
  invalidateRange: v5_15.invalidateRange,
  hasMemoryAttributes: false,
  vmSetMemAttributes: v6_12.vmSetMemAttributes,
  archPreSetMemoryAttributes: v6_12.archPreSetMemoryAttributes,
  clearFlushYoung: v5_12.clearFlushYoung,
  clearYoung: v5_12.clearYoung,
  testYoung: v5_12.testYoung,
  tdpMmuAgeSpte: v5_15.tdpMmuAgeSpte,
  swapActiveMemslots: v5_12.swapActiveMemslots,
  fastPageFault: v5_12.shadowFastPageFault,
  mmuFaultinPfn: v6_5.mmuFaultinPfn,
  isPageFaultStale: v5_11.isPageFaultStale,
  flushShadowMemslot: v5_12.flushShadowMemslot,
  zapGfnRange: v5_12.zapGfnRange,
  unmapGfnRange: v5_15.unmapGfnRange,
  reloadApicAccessPage: v5_15.reloadApicAccessPage,
  tdpMmuUnmapGfnRange,
  tdpMmuZapRange: tdpMmuUnmapGfnRange,
  tdpMmuNextRoot,
  tdpMmuZapRoot: v5_15.tdpMmuZapRoot,
  tdpMmuIterCondResched,
  tdpMmuZapLeafs: v5_15.tdpMmuZapLeafs,
  flushShadowAll: v5_15.flushShadowAll,
  zapsPageTables: true,
  zapsInvalidRoots: true,
  tdpMmuSplitHugePage: v5_15.tdpMmuSplitHugePage,
  gfnToPfnCacheInvalidateStart: nothingToDo,
  gpcRefresh: never,
  mmuNotifierRetryCache: never,
  mmuSlotApplyFlags: dirtyLog.flushIfChanged,
  archMmuEnableLogDirtyPtMasked: dirtyLog.protectSmall,
  mmuSlotRemoveWriteAccess: dirtyLog.removeWriteAccessAlone,
  mmuSlotTrySplitHugePages: nothingToDo,
  mmuRecoverHugePages: dirtyLog.zapLeafsAlone,
  mmuSpDirtyLoggingEnabled: never,
  nxHugePageRecoveryWorker: v6_12.nxHugePageRecoveryWorker,
  recoverNxHugePages: v5_11.recoverNxHugePages,
  tdpMmuZapPossibleNxHugePage: v5_11.tdpMmuZapPossibleNxHugePage,
  handleRemovedPt: v5_15.handleRemovedPt,
  userMemAbort: v5_15.userMemAbort,
  stage2Destroy: v6_18.stage2Destroy,
  stage2Unmap: v6_5.stage2Unmap,
  invalidateIcacheGuestPage: v6_5.invalidateIcacheGuestPage,
  mmuLock: 'spinlock',
  loadsRootUnder: 'write',
  agesRoots: 'all',
  possibleNxHugePages: 'one list',
})

export const V5_12: Version = kernel('v5.12', V5_11, {
  mmuLock: { to: 'rwlock', commit: '531810caa9f4', says: 'mmu_lock is a read-write lock' },
  invalidateBegin: {
    to: invalidateBegin,
    commit: '4a42d848db95',
    says: 'the first of several invalidations starts the range, the others extend it',
  },
  invalidateRangeAdd: { to: invalidateRangeAdd, commit: '4a42d848db95', says: 'extends the range in progress' },
  invalidateRetryGfn: {
    to: invalidateRetryGfn,
    commit: '4a42d848db95',
    says: 'checks one hva; before, an invalidation of any range counted',
  },
  invalidateRangeStart: {
    to: v5_12.invalidateRangeStart,
    commit: '4a42d848db95',
    says: 'records the range of hvas in progress',
  },
  isPageFaultStale: {
    to: v6_5.isPageFaultStale,
    commit: '4a42d848db95',
    says: 'only an invalidation of its own hva makes a fault retry; before, one of any range did',
  },
  recoverNxHugePages: {
    to: v6_12.recoverNxHugePages,
    commit: '048f49809c52',
    says: 'does the flush that the zap of a page requires',
  },
  tdpMmuZapPossibleNxHugePage: {
    to: v5_15.tdpMmuZapPossibleNxHugePage,
    commit: '33a3164161fc',
    says: 'the zap of a page does not yield',
  },
  tdpMmuIterCondResched: {
    to: v5_15.tdpMmuIterCondResched,
    commit: '1af4a96025b3',
    says: 'restarts the iterator itself, which may skip an entry',
  },
})

export const V5_15: Version = kernel('v5.15', V5_12, {
  clearFlushYoung: {
    to: v6_12.clearFlushYoung,
    commit: '8931a454aea0',
    says: 'takes mmu_lock at the first memslot that overlaps, if one does',
  },
  clearYoung: { to: v6_12.clearYoung, commit: '8931a454aea0', says: 'the same' },
  testYoung: { to: v6_12.testYoung, commit: '8931a454aea0', says: 'the same' },
  invalidateRangeStart: {
    to: v6_5.invalidateRangeStart,
    commit: '071064f14d87',
    says: 'counts the pair, and does not take mmu_lock where no memslot overlaps',
  },
  invalidateRangeEnd: { to: invalidateRangeEnd, commit: '071064f14d87', says: 'the same, and wakes a memslot update' },
  swapActiveMemslots: { to: swapActiveMemslots, commit: '52ac8b358b0c', says: 'waits until no pair is counted' },
  fastPageFault: {
    to: fastPageFault,
    commit: '6e8eb2060cc7',
    says: 'also for the TDP MMU: restores a permission without mmu_lock',
  },
  flushShadowMemslot: {
    to: flushShadowMemslot,
    commit: 'b7cccd397f31',
    says: 'the roots are invalidated at once, and torn down under mmu_lock for read (4c6654bd160d); before, they were emptied under mmu_lock for write',
  },
  tdpMmuNextRoot: {
    to: v5_15.tdpMmuNextRoot,
    commit: 'b7cccd397f31',
    says: 'skips invalid roots wherever a walk holds a reference',
  },
  zapGfnRange: {
    to: v6_5.zapGfnRange,
    commit: 'edb298c663fc',
    says: 'makes faults retry meanwhile: all, as since 6d3085e4d89a (6.1); before, its gfns were treated as hvas',
  },
  tdpMmuUnmapGfnRange: {
    to: v5_15.tdpMmuUnmapGfnRange,
    commit: 'e1eed5847b09',
    says: 'may yield in a root to which it holds no reference',
  },
  mmuSlotApplyFlags: {
    to: dirtyLog.flushIfChangedUnlessAllSet,
    commit: '8921291980db',
    says: 'does not change huge pages where the log begins with all pages dirty',
  },
  archMmuEnableLogDirtyPtMasked: {
    to: dirtyLog.protectHugeAndSmall,
    commit: '8921291980db',
    says: 'then removes write permission from huge pages when their pages are cleared',
  },
  mmuSlotRemoveWriteAccess: {
    to: mmuSlotRemoveWriteAccess,
    commit: '24ae4cfaaa2a',
    says: 'dirty logging begins under mmu_lock for read',
  },
  mmuRecoverHugePages: {
    to: dirtyLog.zapLeafs,
    commit: '2db6f772b530',
    says: 'dirty logging ends under mmu_lock for read, with a flush for each leaf of 4 KiB',
  },
})

export const V6_5: Version = kernel('v6.5', V5_15, {
  tdpMmuAgeSpte: {
    to: tdpMmuAgeSpte,
    commit: '7ee131e3a3c3',
    says: 'clears only the bit, by an atomic AND; an XCHG of the whole entry since ba3a6120a4e7 (5.18)',
  },
  tdpMmuNextRoot: {
    to: tdpMmuNextRoot,
    commit: '04dc4e6ce274',
    says: 'skips invalid roots only on request (d62007edf01f)',
  },
  tdpMmuZapRoot: {
    to: v6_8.tdpMmuZapRoot,
    commit: '1b6043e8e584',
    says: 'in two passes, by page tables of 1 GiB and by the root, without a flush; before, with a flush for each entry of the root',
  },
  unmapGfnRange: {
    to: v6_8.unmapGfnRange,
    commit: '0a8a5f2c8c26',
    says: 'requests the reload of the APIC-access page',
  },
  invalidateRange: { to: nothingToDo, commit: '0a8a5f2c8c26', says: 'no longer does' },
  reloadApicAccessPage: {
    to: v6_5.reloadApicAccessPage,
    commit: '878940b33d76',
    says: 'checks for an invalidation under mmu_lock, and requests itself again',
  },
  tdpMmuZapLeafs: {
    to: tdpMmuZapLeafs,
    commit: 'f47e5bbbc92f',
    says: 'zaps only leafs, and keeps page tables',
  },
  flushShadowAll: {
    to: flushShadowAll,
    commit: '77c8cd6b85af',
    says: 'does not flush for the TDP MMU: no vCPU enters the guest again',
  },
  tdpMmuIterCondResched: {
    to: tdpMmuIterCondResched,
    commit: '3a0f64de479c',
    says: 'the walk restarts with its next step, and skips nothing',
  },
  tdpMmuUnmapGfnRange: {
    to: tdpMmuUnmapGfnRange,
    commit: '7533377215b6',
    says: 'holds a reference to its current root',
  },
  tdpMmuSplitHugePage: { to: tdpMmuSplitHugePage, commit: 'c4b33d28ea51', says: 'in place, without a flush' },
  zapsPageTables: { to: false, commit: 'f47e5bbbc92f', says: 'an unmap frees no page table' },
  zapsInvalidRoots: {
    to: false,
    commit: '8351779ce65f',
    says: 'zaps a root with its last reference only while it is valid; before, an invalid one too, a second time',
  },
  tdpMmuZapPossibleNxHugePage: {
    to: tdpMmuZapPossibleNxHugePage,
    commit: 'c10743a1824b',
    says: 'zaps only the page, not a range of gfns',
  },
  handleRemovedPt: {
    to: handleRemovedPt,
    commit: 'bb95dfb9e2df',
    says: 'the caller that unlinks page tables flushes once for all of them',
  },
  gfnToPfnCacheInvalidateStart: {
    to: v6_8.gfnToPfnCacheInvalidateStart,
    commit: '982ed0de4753',
    says: 'invalidates gfn_to_pfn_caches, which did not exist before',
  },
  gpcRefresh: {
    to: gpcRefresh,
    commit: '58cd407ca4c6',
    says: 'repeats the look-up of the pfn until no invalidation interferes',
  },
  mmuNotifierRetryCache: {
    to: mmuNotifierRetryCache,
    commit: '58cd407ca4c6',
    says: 'checks the count of active invalidations before the sequence',
  },
  mmuSlotApplyFlags: {
    to: mmuSlotApplyFlags,
    commit: 'b64d740ea7dd',
    says: 'flushes even if no entry was changed; huge pages are split before that (a3fe5dbda0a4)',
  },
  archMmuEnableLogDirtyPtMasked: {
    to: dirtyLog.splitAndProtect,
    commit: 'cb00a70bd4b7',
    says: 'splits them before that, by eager_page_split',
  },
  mmuSlotTrySplitHugePages: {
    to: mmuSlotTrySplitHugePages,
    commit: 'a3fe5dbda0a4',
    says: 'the module parameter eager_page_split',
  },
  mmuRecoverHugePages: {
    to: dirtyLog.zapTables,
    commit: '5ba7c4c6d1c7',
    says: 'frees page tables instead of leafs, with a flush for each',
  },
  mmuSpDirtyLoggingEnabled: {
    to: mmuSpDirtyLoggingEnabled,
    commit: 'eb298605705a',
    says: 'recovery skips a memslot with dirty logging',
  },
  userMemAbort: { to: userMemAbort, commit: '1577cb5823ce', says: 'stage-2 faults run in parallel' },
})

export const V6_8: Version = kernel('v6.8', V6_5, {
  hasMemoryAttributes: {
    to: true,
    commit: '5a475554db1e',
    says: 'guest memory can be private; guest_memfd came with a7800aa80ea4',
  },
  mmuFaultinPfn: {
    to: v6_8.mmuFaultinPfn,
    commit: 'd02c357e5bfa',
    says: 'checks for an invalidation before and after the look-up of the pfn',
  },
  invalidateRangeStart: {
    to: invalidateRangeStart,
    commit: '8569992d64b8',
    says: 'the range in progress is in gfns',
  },
  isPageFaultStale: { to: isPageFaultStale, commit: '8569992d64b8', says: 'compares gfns' },
  zapGfnRange: { to: zapGfnRange, commit: '8569992d64b8', says: 'makes only faults on its own gfns retry' },
  reloadApicAccessPage: { to: reloadApicAccessPage, commit: '775bc098657b', says: 'without a separate flush' },
  stage2Unmap: {
    to: v6_8.stage2Unmap,
    commit: '7657ea920c54',
    says: 'one TLBI for the range, where the machine supports it, and none before a page table is freed',
  },
  invalidateIcacheGuestPage: {
    to: invalidateIcacheGuestPage,
    commit: '909b583f81b5',
    says: 'drops the whole I-cache above MAX_DVM_OPS lines',
  },
})

export const V6_12: Version = kernel('v6.12', V6_8, {
  rwlockNeedbreak: {
    to: rwlockNeedbreak,
    commit: 'c793a62823d1',
    says: 'depends on the boot option, not on the configuration',
  },
  unmapGfnRange: { to: unmapGfnRange, commit: '548f87f667a3', says: 'the shadow MMU may yield too' },
  tdpMmuZapRange: {
    to: tdpMmuZapRange,
    commit: 'd746182337c2',
    says: 'skips invalid roots',
  },
  tdpMmuZapRoot: {
    to: tdpMmuZapRoot,
    commit: '8ca983631f3c',
    says: 'in four passes, pages of 4 KiB first, so that a waiting task gets the lock sooner',
  },
  archMmuEnableLogDirtyPtMasked: {
    to: archMmuEnableLogDirtyPtMasked,
    commit: '99b85fda91b1',
    says: 'skips invalid roots',
  },
  gfnToPfnCacheInvalidateStart: {
    to: gfnToPfnCacheInvalidateStart,
    commit: '9fa336e343b2',
    says: 'first checks a cache under its lock for read',
  },
  mmuFaultinPfn: {
    to: mmuFaultinPfn,
    commit: '44f42ef37deb',
    says: 'checks the attributes before the memslot',
  },
  loadsRootUnder: {
    to: 'read',
    commit: 'dab285e4ec73',
    says: 'vCPUs change roots concurrently (and drop them concurrently: 576a15de8d29)',
  },
  stage2Unmap: {
    to: stage2Unmap,
    commit: 'f62d4c3eb687',
    says: 'flushes each page table by a separate TLBI before it is freed',
  },
})

export const V6_18: Version = kernel('v6.18', V6_12, {
  vmSetMemAttributes: {
    to: vmSetMemAttributes,
    commit: '47bb584237cc',
    says: 'reschedules between two pages',
  },
  archPreSetMemoryAttributes: {
    to: archPreSetMemoryAttributes,
    commit: '9129633d568e',
    says: 'also blocks huge pages at both edges of the range',
  },
  mmuRecoverHugePages: {
    to: mmuRecoverHugePages,
    commit: '13e2e4f62a4b',
    says: 'replaces the page table by the huge page in one step, with one flush for all (35ef80eb29ab)',
  },
  agesRoots: {
    to: 'valid',
    commit: '526e609f0567',
    says: 'mappings of invalid roots do not count',
  },
  clearFlushYoung: {
    to: clearFlushYoung,
    commit: 'b146a9b34aed',
    says: 'without mmu_lock, and without a flush (b9883ee40d7e, 6.13)',
  },
  clearYoung: { to: clearYoung, commit: 'b146a9b34aed', says: 'without mmu_lock' },
  testYoung: { to: testYoung, commit: 'b146a9b34aed', says: 'without mmu_lock' },
  nxHugePageRecoveryWorker: {
    to: nxHugePageRecoveryWorker,
    commit: 'a57750909580',
    says: 'recovers a share of each MMU',
  },
  recoverNxHugePages: {
    to: recoverNxHugePages,
    commit: 'a57750909580',
    says: 'recovers pages of the TDP MMU under mmu_lock for read',
  },
  possibleNxHugePages: { to: 'by MMU', commit: 'a57750909580', says: 'each MMU has its own list' },
})

export const V7_1: Version = kernel('v7.1', V6_18, {
  stage2Destroy: {
    to: stage2Destroy,
    commit: '4ddfab5436b6',
    says: 'reschedules between two chunks while a table is freed',
  },
})

/** All versions, the oldest first. */
export const VERSIONS: readonly Version[] = [V5_11, V5_12, V5_15, V6_5, V6_8, V6_12, V6_18, V7_1]

export const versionNamed = (name: VersionName): Version => VERSIONS.find((one) => one.name === name)!
