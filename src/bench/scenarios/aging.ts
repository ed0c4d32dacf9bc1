import type { RolePlan } from '../../workers/roles.ts'
import { pauseUs, percentage } from '../parameters.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { BASE_GFN, BASE_HVA, guestMemory, spareAbove } from './loads/guest.ts'
import { HOST_PARAMETERS, hostOf } from './loads/host.ts'
import { each, touchingVcpu, updaterOf } from './loads/roles.ts'
import { AGING } from './users/aging.ts'

const { mmu, preempt, tlb } = HOST_PARAMETERS
const { agers, ...AGING_PARAMETERS } = AGING.parameters

const PARAMETERS = {
  mmu,
  preempt,
  range: {
    kind: 'integer',
    says: 'gfns of the guest, which vCPUs touch at random',
    low: 1,
    high: 1 << 20,
    default: 2048,
  },
  'huge-share': percentage(
    'percentage of 2 MiB blocks that are huge pages: one entry of the page table of the host for 512 pages',
    0,
  ),
  agers: { ...agers, default: 1 },
  ...AGING_PARAMETERS,
  reclaim: { kind: 'integer', says: 'gfns that a notifier unmaps at a time', low: 1, high: 1 << 20, default: 64 },
  populate: {
    kind: 'choice',
    says: 'yes: the VMM maps them back before they are unmapped again (KVM_PRE_FAULT_MEMORY); no: the guest faults them in',
    choices: ['no', 'yes'],
    default: 'no',
  },
  'pause-us': pauseUs('between two of these', 100),
  'dirty-logs': {
    kind: 'integer',
    says: 'threads that clear a dirty log: each time all the memory loses its write permission, and faults restore it without mmu_lock',
    low: 0,
    high: 1,
    default: 0,
  },
  'log-pause-us': pauseUs('between two of these', 1000),
  updaters: {
    kind: 'integer',
    says: 'threads that add and remove a memslot: each removal invalidates the roots, in which aging may be',
    low: 0,
    high: 1,
    default: 0,
  },
  'update-pause-us': pauseUs('between two memslot updates', 1000),
  tlb,
} as const

export default scenario({
  name: 'aging',
  asks: 'Do the guest and the host gain if aging does not take mmu_lock?',
  mail: '[PATCH v9 00/11] KVM: x86/mmu: Age sptes locklessly (James Houghton, 4 Feb 2025)',
  variants: scenarioVariants('aging'),
  headline: ['age-locked', 'age-lockless'],
  decides: [
    { metric: 'faults_per_second', reads: 'faults/s', means: 'throughput of the guest' },
    { metric: 'fault_latency_p50_ns', reads: 'median fault latency', means: 'how long a vCPU waits for a page' },
    { metric: 'agings_per_second', reads: 'questions/s', means: 'how fast the host learns which pages are used' },
    {
      metric: 'mmu_lock_contended_share',
      reads: 'contention of mmu_lock',
      means: 'how much aging and faults contend',
    },
  ],
  parameters: PARAMETERS,
  hasLatencyTrials: true,
  refuses: ['trace'],
  modelled: {
    values: { range: 512, tlb: 64, 'age-pause-us': 20, reclaim: 16, 'pause-us': 20 },
    costs: { guest_access: 500 },
    durationMs: 2,
    warmupMs: 0.3,
  },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

function load(options: Options): Load {
  const { values, crew } = options
  const memory = guestMemory(values.range)
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [memory],
      mmu: values.mmu,
      ...hostOf(values),
      hugePerMille: values['huge-share'] * 10,
      updates: { spare: [spareAbove(memory)], pseudoLock: 'graph', zap: 'all' },
    },
    roles: [
      ...each(crew.vcpus, (vcpu) => touchingVcpu(options, vcpu, { pages: values.range })),
      ...each(crew.notifiers, () => notifierRole(options)),
      ...each(values['dirty-logs'], () => dirtyLogRole(options)),
      ...AGING.roles({ ...options, memory: { ...memory, pages: values.range } }),
      ...each(values.updaters, () => updaterOf(options, 1, values['update-pause-us'])),
    ],
  }
}

const dirtyLogRole = ({ values }: Options): RolePlan => ({
  role: 'zapper',
  zap: {
    kind: 'wrprot',
    firstGfn: BASE_GFN,
    pages: values.range,
    chunk: values.range,
    pauseNs: values['log-pause-us'] * 1000,
  },
})

/** Reclaim: the pages that it takes are faulted in again. */
const notifierRole = ({ values, crew, seed, sampleEvery }: Options): RolePlan => ({
  role: 'notifier',
  isTimed: sampleEvery > 0,
  invalidations: {
    kind: 'pick',
    ranges: chunksOf(values),
    seed: seed + crew.vcpus,
    pauseNs: values['pause-us'] * 1000,
    everyNs: 0,
    startNs: 0,
    dwellNs: 0,
    isNested: false,
    overlaps: false,
    populate: values.populate === 'yes',
    nonblockPerMille: 0,
  },
})

/** At most 16 pieces of the guest's memory, spread over it. */
function chunksOf({ range, reclaim }: Options['values']) {
  const pages = Math.min(reclaim, range)
  const count = Math.max(1, Math.min(16, Math.floor(range / pages)))
  const stride = Math.floor(range / count)
  return Array.from({ length: count }, (_, chunk) => ({
    startHva: BASE_HVA + chunk * stride,
    pages,
    perMille: Math.floor(1000 / count),
  }))
}
