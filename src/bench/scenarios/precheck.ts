import { FaultlineError } from '../../errors/faultline-error.ts'
import type { AccessPlan } from '../../workers/accesses.ts'
import type { RolePlan } from '../../workers/roles.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { SEQ_PARAMETERS } from '../users/seq-start.ts'

/** The load of system 0: other scenarios ask other questions of it. */
export const PARAMETERS = {
  shape: {
    kind: 'choice',
    says: 'boot: hot gfns inside the range; bursts: the same, with the guest at work only now and then; out: faults outside of the range; stream: endless short invalidations of a hot gfn',
    choices: ['boot', 'bursts', 'out', 'stream'],
    default: 'boot',
  },
  mmu: {
    kind: 'choice',
    says: 'tdp: faults take mmu_lock for read; shadow: for write',
    choices: ['tdp', 'shadow'],
    default: 'tdp',
  },
  preempt: {
    kind: 'choice',
    says: 'how the host was booted, with PREEMPT_DYNAMIC: since 6.11 a contended zapper yields with full and lazy (6.13) only, before with all of them',
    choices: ['none', 'voluntary', 'full', 'lazy'],
    default: 'full',
  },
  range: {
    kind: 'integer',
    says: 'gfns that a notifier invalidates at a time',
    low: 1,
    high: 1 << 22,
    default: 22_528,
  },
  hot: { kind: 'integer', says: 'hot gfns in the range of each notifier', low: 1, high: 4096, default: 3 },
  'hot-share': {
    kind: 'integer',
    says: 'percentage of guest accesses that go to a hot gfn; the others go to the range at random',
    low: 0,
    high: 100,
    default: 50,
  },
  populate: {
    kind: 'choice',
    says: 'yes: the VMM maps the range back before each invalidation (KVM_PRE_FAULT_MEMORY), so that there is something to zap',
    choices: ['yes', 'no'],
    default: 'yes',
  },
  'pause-us': { kind: 'integer', says: 'pause between two invalidations', low: 0, high: 10_000_000, default: 1000 },
  'invalidation-rate': {
    kind: 'integer',
    says: 'invalidations a second of each notifier, on a schedule; 0: the next one after the pause',
    low: 0,
    high: 1_000_000,
    default: 0,
  },
  'burst-accesses': {
    kind: 'integer',
    says: 'accesses of each vCPU in a burst, after which it halts until the next one; 0: always at work',
    low: 0,
    high: 10_000_000,
    default: 0,
  },
  'burst-every-us': {
    kind: 'integer',
    says: 'average time from one burst to the next; bursts of all vCPUs begin together, at times drawn with --seed',
    low: 1,
    high: 10_000_000,
    default: 20_000,
  },
  'fresh-pages': {
    kind: 'integer',
    says: 'gfns outside the range that each vCPU can touch for the first time (shape out); the run ends when they are used up',
    low: 1,
    high: 1 << 21,
    default: 1 << 19,
  },
  'huge-share': {
    kind: 'integer',
    says: 'percentage of 2 MiB blocks that are huge pages',
    low: 0,
    high: 100,
    default: 0,
  },
  tlb: { kind: 'integer', says: 'translations that a vCPU keeps, a power of two', low: 1, high: 65_536, default: 512 },
  zap: {
    kind: 'choice',
    says: 'what zappers do to the range: take leafs away, or write permission',
    choices: ['zap', 'wrprot'],
    default: 'zap',
  },
  'zap-chunk': { kind: 'integer', says: 'gfns that a zapper takes at a time', low: 1, high: 1 << 20, default: 512 },
  ...SEQ_PARAMETERS,
  'zap-pause-us': { kind: 'integer', says: 'pause between two zaps', low: 0, high: 10_000_000, default: 1000 },
} as const

/** Where the guest's memory begins. The hvas are far from the gfns, so that the two cannot be taken for one another. */
const BASE_GFN = 1 << 20
const BASE_HVA = 1 << 29
const BLOCK = 512
const roundUp = (pages: number) => Math.ceil(pages / BLOCK) * BLOCK

export const PRESETS = {
  by: 'shape',
  of: {
    boot: {},
    bursts: { 'burst-accesses': 200 },
    out: {},
    stream: { range: 1, hot: 1, populate: 'no', 'pause-us': 10 },
  },
} as const

export default scenario({
  name: 'precheck',
  asks: 'Does looking for an invalidation before mmu_lock is taken spare the host remote TLB flushes, and the guest time?',
  mail: 'KVM: Allow calling mmu_invalidate_retry_hva() without holding mmu_lock (Sean Christopherson, 8 Sep 2023)',
  variants: scenarioVariants('precheck'),
  headline: ['no-precheck', 'precheck'],
  decides: [
    {
      metric: 'flushes_per_unmap',
      reads: 'remote TLB flushes per unmap',
      means: 'what one invalidation costs every CPU that runs a vCPU',
    },
    {
      metric: 'retries_under_lock_per_fault',
      reads: 'retries under mmu_lock per fault',
      means: 'acquisitions of mmu_lock that mapped nothing and made a zapper yield',
    },
    { metric: 'faults_per_second', reads: 'faults/s', means: 'what the guest gets done' },
    { metric: 'fault_latency_p50_ns', reads: 'median fault latency', means: 'how long a vCPU waits for a page' },
  ],
  parameters: PARAMETERS,
  hasLatencyTrials: true,
  presets: PRESETS,
  modelled: {
    values: { range: 8, tlb: 4, 'pause-us': 20, 'fresh-pages': 4096 },
    costs: { guest_access: 500 },
    durationMs: 3.6,
    warmupMs: 0.3,
  },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

export function load(options: Options): Load {
  const { values, crew, arrival } = options
  if (values['burst-accesses'] > 0 && arrival.kind === 'open') {
    throw new FaultlineError(
      'WRONG_FLAGS',
      'usage',
      'burst-accesses has its own arrivals, and --arrival open has others',
      {
        hint: 'Leave --arrival and --rate out, or ask with --set burst-accesses=0.',
      },
    )
  }
  const rangePages = roundUp(values.range * Math.max(1, crew.notifiers))
  const freshPages = values.shape === 'out' ? crew.vcpus * roundUp(values['fresh-pages']) : 0
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: rangePages + freshPages }],
      mmu: values.mmu === 'shadow' ? 'shadow' : 'tdp',
      preempt: preemptionOf(values.preempt),
      tlbEntries: 1 << (31 - Math.clz32(values.tlb)),
      hugePerMille: values['huge-share'] * 10,
      seqStart: values['seq-start'],
    },
    roles: [
      ...Array.from({ length: crew.vcpus }, (_, vcpu) => vcpuRole(options, vcpu, rangePages)),
      ...Array.from({ length: crew.notifiers }, (_, notifier) => notifierRole(options, notifier)),
      ...Array.from({ length: crew.zappers }, () => zapperRole(options, rangePages)),
    ],
  }
}

const preemptionOf = (preempt: string) =>
  preempt === 'none' || preempt === 'voluntary' || preempt === 'lazy' ? preempt : 'full'

function vcpuRole({ values, crew, arrival, seed, sampleEvery }: Options, vcpu: number, rangePages: number): RolePlan {
  const everyNs = arrival.kind === 'open' ? 1e9 / arrival.ratePerSecond : 0
  // Arrivals of different vCPUs are spread over the interval.
  const startNs = (everyNs * vcpu) / crew.vcpus
  const freshPages = roundUp(values['fresh-pages'])
  const accesses: AccessPlan =
    values.shape === 'out'
      ? { kind: 'sweep', firstGfn: BASE_GFN + rangePages + vcpu * freshPages, pages: freshPages, everyNs, startNs }
      : {
          kind: 'touch',
          hotGfns: hotGfns(values.range, values.hot, crew.notifiers),
          hotPerMille: values['hot-share'] * 10,
          firstGfn: BASE_GFN,
          pages: values.range * Math.max(1, crew.notifiers),
          seed: seed + vcpu,
          everyNs,
          startNs,
          ...burstsOf(values, seed),
        }
  return { role: 'vcpu', accesses, sampleEvery }
}

const burstsOf = (values: Options['values'], seed: number) =>
  values['burst-accesses'] === 0
    ? {}
    : { bursts: { accesses: values['burst-accesses'], everyNs: values['burst-every-us'] * 1000, seed } }

/** Spread evenly inside the range of each notifier. */
function hotGfns(range: number, hot: number, notifiers: number): number[] {
  const each = Math.min(hot, range)
  return Array.from({ length: Math.max(1, notifiers) * each }, (_, index) => {
    const notifier = Math.floor(index / each)
    return BASE_GFN + notifier * range + Math.floor(((index % each) + 0.5) * (range / each))
  })
}

function notifierRole({ values, crew, sampleEvery }: Options, notifier: number): RolePlan {
  const everyNs = values['invalidation-rate'] === 0 ? 0 : 1e9 / values['invalidation-rate']
  return {
    role: 'notifier',
    isTimed: sampleEvery > 0,
    invalidations: {
      kind: 'repeat',
      startHva: BASE_HVA + notifier * values.range,
      pages: values.range,
      pauseNs: values['pause-us'] * 1000,
      everyNs,
      startNs: (everyNs * notifier) / crew.notifiers,
      populate: values.populate === 'yes',
    },
  }
}

function zapperRole({ values }: Options, rangePages: number): RolePlan {
  return {
    role: 'zapper',
    zap: {
      kind: values.zap === 'wrprot' ? 'wrprot' : 'zap',
      firstGfn: BASE_GFN,
      pages: rangePages,
      chunk: values['zap-chunk'],
      pauseNs: values['zap-pause-us'] * 1000,
    },
  }
}
