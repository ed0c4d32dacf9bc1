import type { RolePlan } from '../../workers/roles.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { LOG_PARAMETERS, logConfigOf, loggerRole } from '../users/dirty-log.ts'
import { PARAMETERS as PRECHECK_PARAMETERS } from './precheck.ts'

const { preempt, tlb } = PRECHECK_PARAMETERS

const PARAMETERS = {
  preempt,
  tlb,
  'memory-mib': {
    kind: 'integer',
    says: 'guest memory, in huge pages of 2 MiB, which the VMM has mapped before it logs',
    low: 2,
    high: 16_384,
    default: 64,
  },
  'hot-pages': {
    kind: 'integer',
    says: 'pages of 4 KiB, spread over the memory, to which the guest writes at random',
    low: 1,
    high: 1 << 22,
    default: 4096,
  },
  trackers: {
    kind: 'integer',
    says: 'tasks that take write permission for another reason, as page tracking does, and flush after mmu_lock',
    low: 0,
    high: 8,
    default: 0,
  },
  ...LOG_PARAMETERS,
} as const

export default scenario({
  name: 'dirty-log',
  asks: 'What does it spare the VMM and the guest that huge pages come back with one flush for all of them when dirty logging ends?',
  mail: null,
  variants: scenarioVariants('dirty-log'),
  headline: ['flush-each-table', 'one-flush'],
  decides: [
    {
      metric: 'flushes_per_log_stop',
      reads: 'remote TLB flushes each time that logging ends',
      means: 'what the end of logging costs every CPU that runs a vCPU',
    },
    { metric: 'dirty_log_stop_p50_ns', reads: 'median end of logging', means: 'how long the VMM waits for it' },
    { metric: 'guest_accesses_per_second', reads: 'guest accesses/s', means: 'what the guest gets done' },
  ],
  parameters: PARAMETERS,
  crew: { notifiers: 0 },
  hasLatencyTrials: true,
  refuses: ['trace', 'arrival'],
  modelled: {
    values: { 'memory-mib': 32, 'hot-pages': 256 },
    costs: { guest_access: 500 },
    durationMs: 12,
    warmupMs: 0,
  },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

const BASE_GFN = 1 << 20
const BASE_HVA = 1 << 29
const BLOCK = 512

const pagesOf = ({ values }: Options) => Math.ceil((values['memory-mib'] * 256) / BLOCK) * BLOCK

function load(options: Options): Load {
  const { values, crew, sampleEvery } = options
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: pagesOf(options) }],
      mmu: 'tdp',
      preempt: values.preempt as Load['system']['preempt'],
      tlbEntries: 1 << (31 - Math.clz32(values.tlb)),
      hugePerMille: 1000,
      updates: { spare: [], pseudoLock: 'graph', zap: 'slot' },
      dirtyLog: logConfigOf(values, 0),
    },
    roles: [
      ...Array.from({ length: crew.vcpus }, (_, vcpu) => vcpuRole(options, vcpu)),
      ...Array.from({ length: crew.notifiers }, () => notifierRole(options)),
      ...Array.from({ length: values.trackers }, () => trackerRole(options)),
      loggerRole(values, BLOCK, sampleEvery > 0),
    ],
  }
}

/** Writes to hot pages, which lie evenly in all of the memory. */
function vcpuRole(options: Options, vcpu: number): RolePlan {
  const { values, seed, sampleEvery } = options
  const pages = pagesOf(options)
  const hot = Math.min(values['hot-pages'], pages)
  return {
    role: 'vcpu',
    sampleEvery,
    accesses: {
      kind: 'touch',
      hotGfns: Array.from({ length: hot }, (_, page) => BASE_GFN + Math.floor((page * pages) / hot)),
      hotPerMille: 1000,
      firstGfn: BASE_GFN,
      pages,
      seed: seed + vcpu,
      everyNs: 0,
      startNs: 0,
    },
  }
}

const notifierRole = (options: Options): RolePlan => ({
  role: 'notifier',
  isTimed: options.sampleEvery > 0,
  invalidations: {
    kind: 'repeat',
    startHva: BASE_HVA,
    pages: BLOCK,
    pauseNs: options.values['log-pause-us'] * 1000,
    everyNs: 0,
    startNs: 0,
    populate: false,
  },
})

const trackerRole = (options: Options): RolePlan => ({
  role: 'zapper',
  zap: {
    kind: 'wrprot',
    firstGfn: BASE_GFN,
    pages: pagesOf(options),
    chunk: BLOCK,
    pauseNs: options.values['log-pause-us'] * 1000,
  },
})
