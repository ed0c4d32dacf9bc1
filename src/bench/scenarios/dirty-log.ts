import type { RolePlan } from '../../workers/roles.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { BASE_GFN, BASE_HVA, BLOCK, guestMemory, pagesOfMib } from './loads/guest.ts'
import { HOST_PARAMETERS, hostOf } from './loads/host.ts'
import { each, repeatingNotifier, touchingVcpu } from './loads/roles.ts'
import { LOG_PARAMETERS, logConfigOf, logConflict, loggerRole } from './users/dirty-log.ts'

const { preempt, tlb } = HOST_PARAMETERS

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
  asks: 'Do the VMM and the guest gain if huge pages come back with a single flush when dirty logging ends?',
  mail: null,
  variants: scenarioVariants('dirty-log'),
  headline: ['flush-each-table', 'one-flush'],
  decides: [
    {
      metric: 'flushes_per_log_stop',
      reads: 'remote TLB flushes each time that logging ends',
      means: 'what the end of logging costs every CPU that runs a vCPU',
    },
    { metric: 'dirty_log_stop_p50_ns', reads: 'median time to end logging', means: 'how long the VMM waits for it' },
    { metric: 'guest_accesses_per_second', reads: 'guest accesses/s', means: 'throughput of the guest' },
  ],
  parameters: PARAMETERS,
  crew: { notifiers: 0 },
  hasLatencyTrials: true,
  refuses: ['trace', 'arrival'],
  conflict: logConflict,
  modelled: {
    values: { 'memory-mib': 32, 'hot-pages': 256 },
    costs: { guest_access: 500 },
    durationMs: 12,
    warmupMs: 0,
  },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

function load(options: Options): Load {
  const { values, crew, sampleEvery } = options
  const memory = guestMemory(pagesOfMib(values['memory-mib']))
  const pauseNs = values['log-pause-us'] * 1000
  const tracker: RolePlan = {
    role: 'zapper',
    zap: { kind: 'wrprot', firstGfn: BASE_GFN, pages: memory.pages, chunk: BLOCK, pauseNs },
  }
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [memory],
      mmu: 'tdp',
      ...hostOf(values),
      hugePerMille: 1000,
      updates: { spare: [], pseudoLock: 'graph', zap: 'slot' },
      dirtyLog: logConfigOf(values, 0),
    },
    roles: [
      ...each(crew.vcpus, (vcpu) => touchingVcpu(options, vcpu, hotPagesIn(memory.pages, values['hot-pages']))),
      ...each(crew.notifiers, () => repeatingNotifier(options, { startHva: BASE_HVA, pages: BLOCK, pauseNs })),
      ...each(values.trackers, () => tracker),
      loggerRole(values, BLOCK, sampleEvery > 0),
    ],
  }
}

/** Every access goes to a hot page, and these lie evenly in all of the memory. */
function hotPagesIn(pages: number, wanted: number) {
  const hot = Math.min(wanted, pages)
  const hotGfns = Array.from({ length: hot }, (_, page) => BASE_GFN + Math.floor((page * pages) / hot))
  return { pages, hotGfns, hotPerMille: 1000 }
}
