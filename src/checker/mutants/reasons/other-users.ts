import type { WhyNot } from '../why-not.ts'

const NOT_AGED =
  'pages are aged less often, or not at all: aging is a hint to reclaim, which no vCPU can observe; the checks look for pages that aging removes by mistake'
const TOLD_LATER =
  'the bits stay in the bitmap, and the VMM gets the pages in a later pass; the checks look for lost bits'
const STAY_SMALL = 'page tables stay where huge pages are possible: slower, and still correct'
const NOT_SPLIT = 'a huge page is not split in advance: the fault that writes to it splits it'
const NO_YIELD = 'no yield: mmu_lock is held for longer, which is no fault of the protocol'
const LOCKS_AGAIN =
  'vCPUs take slots_arch_lock once more; the reverse maps of kvm_shadow_root_allocated() exist from the beginning here'

const PAGE_STAYS =
  'the kernel changes the address of a cache first, and a check that passes meanwhile would use the old page; here the address stays, and an invalidation makes the cache invalid: pfncache-three holds without the step'
const NOTHING_TO_DO =
  'attributes that already have the value are set again: pages are unmapped without need, and fault in again'
const NO_RMAPS =
  'kvm_unmap_gfn_range() needs the memslot only for the reverse maps of the shadow MMU: memory with attributes has none, as the TDP MMU maps it'
const HELD_OFF = 'faults beside the range retry until the change is over, where no huge page is possible'

const LIST_STAYS =
  'gpc_lock protects the list of caches, and here no cache is activated or deactivated while the VM runs'

const survived = (name: string, code: RegExp, why: string, more: Partial<WhyNot> = {}): WhyNot => ({
  file: `protocols/${name}.js`,
  code,
  verdict: 'survived',
  why,
  ...more,
})

/** Why no check notices that a step of aging, of dirty logging or of a gfn_to_pfn_cache is left out. */
export const OF_OTHER_USERS: readonly WhyNot[] = [
  survived(
    'aging',
    /ageHvaRange|memslots\.(firstOverlapping|firstGfn|endGfn)|[aA]geGfn|tableToAge|validTableOf|ageRoot|iter\.start|AgeSpte|cpu\.and\(/,
    NOT_AGED,
  ),
  survived('mmu-notifier', /kvm\.(clearFlushYoung|clearYoung|testYoung)\(/, NOT_AGED, { in: 'raiseAging' }),
  survived('watched', /kvm\.tdpMmuAgeSpte\(/, NOT_AGED),
  survived('nx/roots', /this\.(table|invalid)\(root\)/, NOT_AGED, { in: 'validTableOf', kind: 'unasked' }),
  survived('dirty-log/protect', /DirtyLogProtect\(|copyDirtyLog\(|log\.(bitmap|user)\(/, TOLD_LATER),
  survived(
    'dirty-log/recover',
    /memslots\.|tdpMmuNextRoot|tableOf|recoverHugePagesRange|iter\.start|cpu\.cas\(/,
    STAY_SMALL,
  ),
  survived('dirty-log/recover', /makeHugeSpte\(/, STAY_SMALL, { in: 'recoverHugePagesRange' }),
  survived(
    'dirty-log/start-walks',
    /memslots\.|tables\.topup|tableOf|splitHugePagesRoot|iter\.start|linkSp/,
    NOT_SPLIT,
  ),
  ...['dirty-log/start-walks', 'nx/obsolete-roots'].map((name) =>
    survived(name, /kvm\.tdpMmuIterCondResched\(/, NO_YIELD, { kind: 'unasked' }),
  ),
  survived('zap', /kvm\.tdpMmuIterCondResched\(/, NO_YIELD, { in: 'wrprotRoot', kind: 'unasked' }),
  survived('pfncache/refresh', /gpcLock\.(acquire|release)/, LIST_STAYS, { in: 'gfnToPfnCacheInvalidateStart' }),
  survived('pfncache/refresh', /^cpu\.write\(cache\.valid, 0\)/, PAGE_STAYS, {
    in: 'hvaToPfnRetry',
    verdict: 'equivalent',
  }),
  survived('dirty-log/recover', /^cpu\.load\(/, STAY_SMALL, { in: 'makeHugeSpte' }),
  survived('attributes/set-attributes', /^rangeHasAttributes\(/, NOTHING_TO_DO, {
    in: 'vmSetMemAttributes',
    verdict: 'equivalent',
  }),
  survived('attributes/set-attributes', /^rangeHasAttributes\(/, STAY_SMALL, { in: 'archPostSetMemoryAttributes' }),
  survived('attributes/set-attributes', /mixed\(block\)/, HELD_OFF, { in: 'holdOffHugePage' }),
  survived('attributes/set-attributes', /memslots\.find/, NO_RMAPS, { in: 'preSet', verdict: 'equivalent' }),
  survived('attributes/punch-hole', /memslots\.find/, NO_RMAPS, { in: 'gmemInvalidateBegin', verdict: 'equivalent' }),
  survived('vcpu-run', /shadowRootAllocated/, LOCKS_AGAIN, { in: 'loadFirstRoot' }),
]
