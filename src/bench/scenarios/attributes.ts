import { percentage } from '../parameters.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { guestMemory, spareAbove } from './loads/guest.ts'
import { HOST_PARAMETERS, hostOf } from './loads/host.ts'
import { each, touchingVcpu } from './loads/roles.ts'
import { ATTRIBUTES } from './users/attributes.ts'

const { preempt, tlb } = HOST_PARAMETERS
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
  'huge-share': percentage(
    'percentage of 2 MiB blocks of shared memory that are huge pages; private memory has none',
    100,
  ),
  converters: { ...converters, default: 1 },
  ...ATTRIBUTE_PARAMETERS,
  tlb,
} as const

export default scenario({
  name: 'attributes',
  asks: 'Does a conversion of memory to private keep its CPU for less time if it yields in between, and what does that cost the guest?',
  mail: '[PATCH v2 1/3] KVM: Allow CPU to reschedule while setting per-page memory attributes (Liam Merwick, 9 Jun 2025)',
  variants: scenarioVariants('attributes'),
  headline: ['convert-at-once', 'convert'],
  decides: [
    {
      metric: 'without_resched_max_ns',
      reads: 'longest time without resched',
      means: 'how close a conversion is to a soft lockup',
      appliesTo: ({ preempt: model }) => model === 'none' || model === 'voluntary',
    },
    {
      metric: 'attribute_change_p50_ns',
      reads: 'median conversion time',
      means: 'how long the guest waits for its memory',
    },
    { metric: 'faults_per_second', reads: 'faults/s', means: 'throughput of the guest meanwhile' },
  ],
  parameters: PARAMETERS,
  hasLatencyTrials: true,
  refuses: ['trace'],
  crew: { notifiers: 0 },
  modelled: {
    values: { range: 2048, tlb: 64, 'convert-pause-us': 100 },
    costs: { guest_access: 500 },
    durationMs: 6,
    warmupMs: 1.2,
  },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

function load(options: Options): Load {
  const { values, crew } = options
  const memory = guestMemory(values.range)
  const host = { ...options, memory }
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [memory],
      mmu: 'tdp',
      ...hostOf(values),
      hugePerMille: values['huge-share'] * 10,
      updates: { spare: [spareAbove(memory)], pseudoLock: 'graph', zap: 'all' },
      ...ATTRIBUTES.system?.(host),
    },
    roles: [
      ...each(crew.vcpus, (vcpu) => touchingVcpu(options, vcpu, { pages: values.range })),
      ...ATTRIBUTES.roles(host),
    ],
  }
}
