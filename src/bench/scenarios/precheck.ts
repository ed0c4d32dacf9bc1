import { FaultlineError } from '../../errors/faultline-error.ts'
import type { RolePlan } from '../../workers/roles.ts'
import { pauseUs, percentage } from '../parameters.ts'
import { type Crew, type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { BASE_GFN, BASE_HVA, wholeBlocks } from './loads/guest.ts'
import { HOST_PARAMETERS, hostOf } from './loads/host.ts'
import { arrivalsOf, each, repeatingNotifier, touchingVcpu } from './loads/roles.ts'
import { SEQ_PARAMETERS } from './users/seq-start.ts'

const { mmu, preempt, tlb } = HOST_PARAMETERS

type Kept = { readonly shape: string; readonly 'burst-accesses': number; readonly 'invalidation-rate': number }

/** One vCPU and one notifier, each at work all the time: what is parked has no schedule that it could fall behind, and no other vCPU waits for it. */
export const keepsWorkers = (values: Kept, { vcpus, notifiers, zappers }: Crew): boolean =>
  vcpus === 1 &&
  notifiers === 1 &&
  zappers === 0 &&
  values.shape !== 'out' &&
  values['burst-accesses'] === 0 &&
  values['invalidation-rate'] === 0

/** The load of system 0: the instruments ask another question of it. */
export const PARAMETERS = {
  shape: {
    kind: 'choice',
    says: 'boot: hot gfns inside the range; bursts: the same, with the guest active only now and then; out: faults outside of the range; stream: endless short invalidations of a hot gfn',
    choices: ['boot', 'bursts', 'out', 'stream'],
    default: 'boot',
  },
  mmu,
  preempt,
  range: {
    kind: 'integer',
    says: 'gfns that a notifier invalidates at a time',
    low: 1,
    high: 1 << 22,
    default: 22_528,
  },
  hot: { kind: 'integer', says: 'hot gfns in the range of each notifier', low: 1, high: 4096, default: 3 },
  'hot-share': percentage(
    'percentage of guest accesses that go to a hot gfn; the others go to the range at random',
    50,
  ),
  populate: {
    kind: 'choice',
    says: 'yes: the VMM maps the range back before each invalidation (KVM_PRE_FAULT_MEMORY), so that there is something to zap',
    choices: ['yes', 'no'],
    default: 'yes',
  },
  'pause-us': pauseUs('pause between two invalidations', 1000),
  'invalidation-rate': {
    kind: 'integer',
    says: 'invalidations a second of each notifier, on a schedule; 0: the next one after the pause',
    low: 0,
    high: 1_000_000,
    default: 0,
  },
  'burst-accesses': {
    kind: 'integer',
    says: 'accesses of each vCPU in a burst, after which it halts until the next one; 0: always active',
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
  'huge-share': percentage('percentage of 2 MiB blocks that are huge pages', 0),
  tlb,
  zap: {
    kind: 'choice',
    says: 'what zappers remove from the range: leafs, or write permission',
    choices: ['zap', 'wrprot'],
    default: 'zap',
  },
  'zap-chunk': { kind: 'integer', says: 'gfns that a zapper takes at a time', low: 1, high: 1 << 20, default: 512 },
  ...SEQ_PARAMETERS,
  'zap-pause-us': pauseUs('pause between two zaps', 1000),
} as const

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
  asks: 'Does checking for an invalidation before taking mmu_lock save the host remote TLB flushes, and the guest time?',
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
    { metric: 'faults_per_second', reads: 'faults/s', means: 'throughput of the guest' },
    { metric: 'fault_latency_p50_ns', reads: 'median fault latency', means: 'how long a vCPU waits for a page' },
  ],
  parameters: PARAMETERS,
  keepsWorkers,
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
  const rangePages = wholeBlocks(values.range * Math.max(1, crew.notifiers))
  const freshPages = values.shape === 'out' ? crew.vcpus * wholeBlocks(values['fresh-pages']) : 0
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: rangePages + freshPages }],
      mmu: values.mmu,
      ...hostOf(values),
      hugePerMille: values['huge-share'] * 10,
      seqStart: values['seq-start'],
    },
    roles: [
      ...each(crew.vcpus, (vcpu) => vcpuRole(options, vcpu, rangePages)),
      ...each(crew.notifiers, (notifier) => notifierRole(options, notifier)),
      ...each(crew.zappers, () => zapperRole(options, rangePages)),
    ],
  }
}

function vcpuRole(options: Options, vcpu: number, rangePages: number): RolePlan {
  const { values, crew, seed, sampleEvery } = options
  if (values.shape !== 'out') {
    return touchingVcpu(options, vcpu, {
      hotGfns: hotGfns(values.range, values.hot, crew.notifiers),
      hotPerMille: values['hot-share'] * 10,
      pages: values.range * Math.max(1, crew.notifiers),
      ...burstsOf(values, seed),
    })
  }
  const pages = wholeBlocks(values['fresh-pages'])
  const firstGfn = BASE_GFN + rangePages + vcpu * pages
  return { role: 'vcpu', accesses: { kind: 'sweep', firstGfn, pages, ...arrivalsOf(options, vcpu) }, sampleEvery }
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

function notifierRole(options: Options, notifier: number): RolePlan {
  const { values, crew } = options
  const everyNs = values['invalidation-rate'] === 0 ? 0 : 1e9 / values['invalidation-rate']
  return repeatingNotifier(options, {
    startHva: BASE_HVA + notifier * values.range,
    pages: values.range,
    pauseNs: values['pause-us'] * 1000,
    everyNs,
    startNs: (everyNs * notifier) / crew.notifiers,
    populate: values.populate === 'yes',
  })
}

function zapperRole({ values }: Options, rangePages: number): RolePlan {
  return {
    role: 'zapper',
    zap: {
      kind: values.zap,
      firstGfn: BASE_GFN,
      pages: rangePages,
      chunk: values['zap-chunk'],
      pauseNs: values['zap-pause-us'] * 1000,
    },
  }
}
