import type { MemslotUpdateConfig } from '../../protocols/vm-config.ts'
import type { RolePlan } from '../../workers/roles.ts'
import { pauseUs, percentage } from '../parameters.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { BASE_GFN, BASE_HVA, BLOCK, guestMemory, SPARE_PAGES, wholeBlocks } from './loads/guest.ts'
import { HOST_PARAMETERS, hostOf } from './loads/host.ts'
import { each, touchingVcpu, updaterOf } from './loads/roles.ts'
import { PFNCACHE_PARAMETERS, pfnCacheRoles, pfnCachesOf } from './users/pfncache.ts'
import { TEARDOWN_PARAMETERS, teardownRoles } from './users/vms.ts'

const { mmu, preempt, tlb } = HOST_PARAMETERS

const PARAMETERS = {
  shape: {
    kind: 'choice',
    says: 'storm: consecutive invalidations; overlap: each ends only after another has begun, so that one is always in progress; teardown: a VM without vCPUs is destroyed and created meanwhile',
    choices: ['storm', 'overlap', 'teardown'],
    default: 'storm',
  },
  mmu,
  preempt,
  range: {
    kind: 'integer',
    says: 'gfns of the guest that vCPUs touch at random',
    low: 1,
    high: 1 << 20,
    default: 2048,
  },
  'inside-share': percentage('percentage of invalidations that hit memory of the guest, 512 pages at a time', 0),
  'spare-share': percentage('percentage of invalidations that hit the memory of the slot that comes and goes', 0),
  'nonblock-share': percentage('percentage of invalidations that may not block, as those of the OOM reaper', 0),
  'pause-us': pauseUs('pause between two invalidations', 5),
  'dwell-us': pauseUs('from start to end of an invalidation', 0),
  nested: {
    kind: 'choice',
    says: 'yes: each pair holds another, as when change_pmd_range() splits a huge PMD',
    choices: ['no', 'yes'],
    default: 'no',
  },
  pseudo: {
    kind: 'choice',
    says: 'mmu_notifier_invalidate_range_start: not taken, known only to lockdep, or exclusive like a lock of the mm',
    choices: ['none', 'graph', 'mutex'],
    default: 'graph',
  },
  updaters: { kind: 'integer', says: 'threads that add and remove a memslot', low: 0, high: 8, default: 1 },
  'update-pause-us': pauseUs('pause between two memslot updates', 1000),
  'update-zap': {
    kind: 'choice',
    says: 'scope of the zap when a slot is deleted: everything the guest has mapped, as x86 does by default, or only the slot',
    choices: ['all', 'slot'],
    default: 'all',
  },
  'spare-access-share': percentage('percentage of guest accesses that go to the slot that comes and goes', 0),
  tlb,
  ...PFNCACHE_PARAMETERS,
  ...TEARDOWN_PARAMETERS,
} as const

/** Memory that does not belong to the guest, at lower addresses. */
const OUTSIDE_HVA = 1 << 24

/** A VM that is destroyed has no vCPU that runs. */
const hasVcpus = ({ shape }: Readonly<Record<string, string | number>>) => shape !== 'teardown'

export default scenario({
  name: 'elision',
  asks: 'Do vCPUs gain if invalidations outside of all memslots do not take mmu_lock, and what does that cost memslot updates?',
  mail: 'KVM: Block memslot updates across range_start() and range_end() (Paolo Bonzini, Jul/Aug 2021)',
  variants: scenarioVariants('elision'),
  headline: ['count', 'count-elide'],
  decides: [
    {
      metric: 'mmu_lock_per_invalidation',
      reads: 'acquisitions of mmu_lock per invalidation',
      means: 'how often memory outside of the guest disturbs its faults',
    },
    {
      metric: 'faults_per_second',
      reads: 'faults/s',
      means: 'throughput of the guest',
      appliesTo: hasVcpus,
    },
    {
      metric: 'fault_latency_p50_ns',
      reads: 'median fault latency',
      means: 'how long a vCPU waits for a page',
      appliesTo: hasVcpus,
    },
    {
      metric: 'memslot_update_wait_max_ns',
      reads: 'longest wait of a memslot update',
      means: 'how long the VMM can be kept from changing memory',
      appliesTo: ({ trace }) => trace === undefined,
    },
  ],
  hasLatencyTrials: true,
  parameters: PARAMETERS,
  caveats: ({ shape }) => (shape === 'teardown' ? ['no vCPU runs, because a VM that is being destroyed has none'] : []),
  modelled: {
    values: { range: 256, 'update-pause-us': 200 },
    costs: { guest_access: 500 },
    durationMs: 2,
    warmupMs: 0.5,
  },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

function load(options: Options): Load {
  const { values, crew, sampleEvery } = options
  const isDestroyed = values.shape === 'teardown'
  const memory = guestMemory(values.range)
  const lifetime: RolePlan = {
    role: 'memslot-updater',
    updates: { kind: 'lifetime', privateSlot: 1, lifeNs: values['update-pause-us'] * 1000 },
    isTimed: false,
  }
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [memory],
      mmu: values.mmu,
      ...hostOf(values),
      hugePerMille: 0,
      updates: updatesOf(values),
      ...(isDestroyed || values.teardowns === 0 ? {} : { vms: 1 + values.teardowns }),
      ...(isDestroyed ? {} : pfnCachesOf(values, { baseGfn: BASE_GFN, pages: values.range })),
    },
    roles: [
      ...each(isDestroyed ? 0 : crew.vcpus, (vcpu) => vcpuRole(options, vcpu)),
      ...each(crew.notifiers, (notifier) => notifierRole(options, notifier)),
      ...(isDestroyed
        ? [lifetime]
        : [
            ...each(values.updaters, (updater) => updaterOf(options, 1 + updater, values['update-pause-us'])),
            ...pfnCacheRoles(values),
            ...teardownRoles(values, 1, memory, sampleEvery > 0),
          ]),
    ],
  }
}

/** One slot for each updater; all of them belong to one VM. */
function updatesOf(values: Options['values']): MemslotUpdateConfig {
  const spare = Array.from({ length: Math.max(1, values.updaters) }, (_, updater) => {
    const offset = wholeBlocks(values.range) + updater * BLOCK
    return { slot: 1 + updater, baseGfn: BASE_GFN + offset, hva: BASE_HVA + BLOCK + offset, pages: SPARE_PAGES }
  })
  return {
    spare,
    pseudoLock: values.pseudo,
    zap: values['update-zap'],
    isDestroyed: values.shape === 'teardown',
  }
}

function vcpuRole(options: Options, vcpu: number): RolePlan {
  const { values } = options
  const [spare] = updatesOf(values).spare
  return touchingVcpu(options, vcpu, {
    hotGfns: Array.from({ length: SPARE_PAGES }, (_, page) => spare!.baseGfn + page),
    hotPerMille: values['spare-access-share'] * 10,
    pages: values.range,
  })
}

function notifierRole({ values, crew, seed, sampleEvery }: Options, notifier: number): RolePlan {
  const [spare] = updatesOf(values).spare
  const insidePages = Math.min(values.range, BLOCK)
  return {
    role: 'notifier',
    isTimed: sampleEvery > 0,
    invalidations: {
      kind: 'pick',
      ranges: [
        { startHva: BASE_HVA, pages: insidePages, perMille: values['inside-share'] * 10 },
        { startHva: spare!.hva, pages: SPARE_PAGES, perMille: values['spare-share'] * 10 },
        { startHva: OUTSIDE_HVA + notifier * BLOCK, pages: BLOCK, perMille: 1000 },
      ],
      seed: seed + crew.vcpus + notifier,
      pauseNs: values['pause-us'] * 1000,
      everyNs: 0,
      startNs: 0,
      dwellNs: values['dwell-us'] * 1000,
      overlaps: values.shape === 'overlap',
      isNested: values.nested === 'yes',
      nonblockPerMille: values['nonblock-share'] * 10,
    },
  }
}
