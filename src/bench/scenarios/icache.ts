import { GRANULES } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { RolePlan } from '../../workers/roles.ts'
import type { Stage2VcpuPlan } from '../../workers/stage2-vcpu.ts'
import { pauseUs } from '../parameters.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { BASE_GFN, BASE_HVA } from './loads/guest.ts'
import { HOST_PARAMETERS } from './loads/host.ts'
import { each, repeatingNotifier } from './loads/roles.ts'
import { TEARDOWN_PARAMETERS, teardownRoles } from './users/vms.ts'

const PARAMETERS = {
  granule: {
    kind: 'choice',
    says: "the host's base page: its blocks are 2 MiB, 32 MiB or 512 MiB, and the threshold 32, 128 or 512 KiB",
    choices: ['4k', '16k', '64k'],
    default: '64k',
  },
  mapping: {
    kind: 'choice',
    says: 'backing of guest memory: huge pages, mapped by blocks, or base pages',
    choices: ['block', 'page'],
    default: 'block',
  },
  entries: {
    kind: 'integer',
    says: 'blocks or pages that every vCPU executes after each reset of the guest',
    low: 1,
    high: 64,
    default: 1,
  },
  scale: {
    kind: 'integer',
    says: 'number of memory lines per simulated by-line operation; 1 is exact',
    low: 1,
    high: 1 << 16,
    default: 64,
  },
  'imin-line': {
    kind: 'integer',
    says: 'CTR_EL0.IminLine: the I-cache line in words, as a power of two; 4 is 64 bytes',
    low: 2,
    high: 6,
    default: 4,
  },
  'tlbi-range': {
    kind: 'choice',
    says: 'FEAT_TLBIRANGE, of Armv8.4: an unmap since 6.6 flushes each chunk by one TLBI instead of one for each leaf',
    choices: ['no', 'yes'],
    default: 'no',
  },
  'mmap-lock': {
    kind: 'choice',
    says: 'whether a fault takes mmap_lock for read before mmu_lock, as user_mem_abort() does: a line that all vCPUs that fault change',
    choices: ['yes', 'no'],
    default: 'yes',
  },
  rounds: {
    kind: 'integer',
    says: 'number of resets of the guest after which the run ends, even in its warm-up; 0: it ends when its time is over',
    low: 0,
    high: 1_000_000,
    default: 0,
  },
  vms: {
    kind: 'integer',
    says: 'VMs on the machine, all alike, which share only the interconnect; also --vms',
    low: 1,
    high: 64,
    default: 1,
  },
  ...TEARDOWN_PARAMETERS,
  'teardown-blocks': {
    kind: 'integer',
    says: 'blocks of memory that such a process has, of 2 MiB, 32 MiB or 512 MiB by the granule, mapped as `mapping` says',
    low: 1,
    high: 64,
    default: 4,
  },
  'guest-icache': {
    kind: 'integer',
    says: 'I-cache invalidations per second by line that one more vCPU issues in the guest; also --guest-icache',
    low: 0,
    high: 1_000_000,
    default: 0,
  },
  'guest-icache-kib': {
    kind: 'integer',
    says: 'size of each of those invalidations by the guest, in KiB',
    low: 1,
    high: 1 << 20,
    default: 64,
  },
  'pause-us': pauseUs('pause between two invalidations of the first block by a notifier', 1000),
  preempt: {
    ...HOST_PARAMETERS.preempt,
    says: 'how the host was booted: a contended unmap yields with full and lazy only',
  },
} as const

const TLB_ENTRIES = 64

export default scenario({
  name: 'icache',
  asks: 'Does one full I-cache invalidation instead of many by line keep faults on a huge block off the interconnect?',
  mail: 'KVM: arm64: Fix soft-lockup on relaxing PTE permission (Gavin Shan, Marc Zyngier, 4 Sep 2023)',
  variants: scenarioVariants('icache'),
  headline: ['ranged', 'threshold'],
  decides: [
    {
      metric: 'icache_inval_p50_ns',
      reads: 'median I-cache invalidation',
      means: 'how long a vCPU invalidates under mmu_lock',
    },
    {
      metric: 'icache_ops_per_boot',
      reads: 'I-cache operations on the interconnect per boot',
      means: 'the disturbance of every core of the machine',
    },
    {
      metric: 'mmu_lock_hold_max_ns',
      reads: 'longest hold of mmu_lock',
      means: 'how close the host is to a soft lockup',
    },
    { metric: 'guest_boots_per_second', reads: 'boots/s', means: 'throughput of the guests' },
  ],
  parameters: PARAMETERS,
  crew: { vcpus: 2, notifiers: 0 },
  hasLatencyTrials: true,
  refuses: ['trace', 'arrival'],
  needsCost: {
    parameter: 'cost.ic_ivau_ns',
    without:
      'states no cost for IC IVAU. KVM maintains instruction caches on arm64; those of x86 are coherent in hardware',
  },
  caveats,
  // The report of the mail: 512 MiB by line, with all operations. A window lasts as long as the operation in progress.
  modelled: { values: { scale: 1 }, durationMs: 50, warmupMs: 0 },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

/** Caveats for the reader of the figures. */
function caveats({ scale }: Options['values'], kind: 'measured' | 'modelled'): string[] {
  const line =
    'an operation on the interconnect is one atomic operation on a line that all threads share: its time is that of this host, not of an Arm mesh'
  const ofThreads = kind === 'measured' ? [line] : []
  if (scale === 1) return ofThreads
  return [
    ...ofThreads,
    `sizes are scaled: a block takes so many times fewer operations by line than on the machine (${scale})`,
  ]
}

function load(options: Options): Load {
  const { values, crew } = options
  const { granule } = values
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: blocksOf(options) * GRANULES[granule].entries }],
      mmu: 'tdp',
      preempt: values.preempt,
      tlbEntries: TLB_ENTRIES,
      hugePerMille: values.mapping === 'block' ? 1000 : 0,
      stage2: {
        granule,
        iminLine: values['imin-line'],
        scale: values.scale,
        hasTlbRange: values['tlbi-range'] === 'yes',
        takesMmapLock: values['mmap-lock'] === 'yes',
      },
      vms: values.vms + values.teardowns,
    },
    roles: [
      ...each(crew.vcpus, (vcpu) => ({ role: 'stage2-vcpu', guest: guestOf(options, 0, vcpu) })),
      ...each((values.vms - 1) * crew.vcpus, (index) => neighbourRole(options, index)),
      ...each(crew.notifiers, () => notifierRole(options)),
      ...each(crew.zappers, () => zapperRole(options)),
      ...teardownRoles(values, values.vms, teardownMemory(options), options.sampleEvery > 0),
      ...(values['guest-icache'] === 0 ? [] : [guestIcacheRole(options)]),
    ],
  }
}

/** All VMs are alike. */
function blocksOf({ values }: Options): number {
  const executed = values.mapping === 'block' ? values.entries : 1
  return values.teardowns === 0 ? executed : Math.max(executed, values['teardown-blocks'])
}

function teardownMemory({ values }: Options) {
  const { entries } = GRANULES[values.granule]
  return {
    baseGfn: BASE_GFN,
    pages: values['teardown-blocks'] * entries,
    stride: values.mapping === 'block' ? entries : 1,
  }
}

/** Pages lie side by side in one block; of a block its first page is executed. */
function guestOf({ values, sampleEvery }: Options, vm: number, vcpu: number): Stage2VcpuPlan {
  const stride = values.mapping === 'block' ? GRANULES[values.granule].entries : 1
  const gfns = Array.from({ length: values.entries }, (_, entry) => BASE_GFN + entry * stride)
  return { vm, vcpu, gfns, rounds: values.rounds, isTimed: sampleEvery > 0 }
}

function neighbourRole(options: Options, index: number): RolePlan {
  const { vcpus } = options.crew
  return { role: 'neighbour', guest: guestOf(options, 1 + Math.floor(index / vcpus), index % vcpus) }
}

const notifierRole = (options: Options): RolePlan =>
  repeatingNotifier(options, { startHva: BASE_HVA, pages: 1, pauseNs: options.values['pause-us'] * 1000 })

function zapperRole({ values }: Options): RolePlan {
  const zap = { firstGfn: BASE_GFN, pages: 1, chunk: 1, pauseNs: values['pause-us'] * 1000 }
  return { role: 'zapper', zap: { kind: 'zap', ...zap } }
}

function guestIcacheRole({ values, sampleEvery }: Options): RolePlan {
  const lines = (values['guest-icache-kib'] * 1024) / (4 << values['imin-line'])
  return {
    role: 'guest-icache',
    icache: {
      lines: Math.max(1, Math.ceil(lines / values.scale)),
      everyNs: 1e9 / values['guest-icache'],
      isTimed: sampleEvery > 0,
    },
  }
}
