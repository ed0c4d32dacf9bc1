import type { RolePlan } from '../../workers/roles.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { ATTRIBUTES } from '../users/attributes.ts'
import { PARAMETERS as PRECHECK_PARAMETERS } from './precheck.ts'

const { preempt, tlb } = PRECHECK_PARAMETERS
const { converters, ...ATTRIBUTE_PARAMETERS } = ATTRIBUTES.parameters

const PARAMETERS = {
  preempt: { ...preempt, default: 'voluntary' },
  range: {
    kind: 'integer',
    says: 'gfns of the guest, which vCPUs touch at random and which are converted',
    low: 1,
    high: 1 << 20,
    default: 8192,
  },
  'huge-share': {
    kind: 'integer',
    says: 'of 100 blocks of 2 MiB of shared memory, how many are a huge page; private memory has none',
    low: 0,
    high: 100,
    default: 100,
  },
  converters: { ...converters, default: 1 },
  ...ATTRIBUTE_PARAMETERS,
  tlb,
} as const

export default scenario({
  name: 'attributes',
  asks: 'How long does a conversion of memory to private keep its CPU, and what does it cost the guest that it lets go in between?',
  mail: '[PATCH v2 1/3] KVM: Allow CPU to reschedule while setting per-page memory attributes (Liam Merwick, 9 Jun 2025)',
  variants: scenarioVariants('attributes'),
  headline: ['convert-at-once', 'convert'],
  decides: [
    {
      metric: 'without_resched_max_ns',
      reads: 'longest without resched',
      means: 'how near a conversion comes to a soft lockup',
      appliesTo: ({ preempt: model }) => model === 'none' || model === 'voluntary',
    },
    { metric: 'attribute_change_p50_ns', reads: 'median conversion', means: 'how long the guest waits for its memory' },
    { metric: 'faults_per_second', reads: 'faults/s', means: 'what the guest gets done meanwhile' },
  ],
  parameters: PARAMETERS,
  hasLatencyTrials: true,
  refuses: ['trace'],
  crew: { notifiers: 0 },
  modelled: {
    values: { range: 2048, tlb: 64, 'convert-pause-us': 100 },
    costs: { guest_access: 500 },
    durationMs: 3,
    warmupMs: 0.3,
  },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

const BASE_GFN = 1 << 20
const BASE_HVA = 1 << 29
const BLOCK = 512
const SPARE_PAGES = 64

const memoryOf = ({ values }: Options) => ({
  slot: 0,
  baseGfn: BASE_GFN,
  hva: BASE_HVA,
  pages: Math.ceil(values.range / BLOCK) * BLOCK,
})

function load(options: Options): Load {
  const { values, crew, seed, sampleEvery } = options
  const memory = memoryOf(options)
  const spare = { slot: 1, baseGfn: BASE_GFN + memory.pages, hva: BASE_HVA + memory.pages + BLOCK, pages: SPARE_PAGES }
  const host = { ...options, memory }
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [memory],
      mmu: 'tdp',
      preempt: values.preempt as Load['system']['preempt'],
      tlbEntries: 1 << (31 - Math.clz32(values.tlb)),
      hugePerMille: values['huge-share'] * 10,
      updates: { spare: [spare], pseudoLock: 'graph', zap: 'all' },
      ...ATTRIBUTES.system?.(host),
    },
    roles: [
      ...Array.from({ length: crew.vcpus }, (_, vcpu): RolePlan => {
        return { role: 'vcpu', accesses: accessesOf(values.range, seed + vcpu), sampleEvery }
      }),
      ...ATTRIBUTES.roles(host),
    ],
  }
}

const accessesOf = (pages: number, seed: number): (RolePlan & { role: 'vcpu' })['accesses'] => ({
  kind: 'touch',
  hotGfns: [BASE_GFN],
  hotPerMille: 0,
  firstGfn: BASE_GFN,
  pages,
  seed,
  everyNs: 0,
  startNs: 0,
})
