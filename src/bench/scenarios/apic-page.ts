import { APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, APIC_DEFAULT_GFN } from '../../protocols/apic/apic-page.ts'
import type { RolePlan } from '../../workers/roles.ts'
import { pauseUs, percentage } from '../parameters.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { BASE_HVA } from './loads/guest.ts'
import { HOST_PARAMETERS, hostOf } from './loads/host.ts'
import { each, migratorOf, touchingVcpu } from './loads/roles.ts'

const { mmu, preempt, tlb } = HOST_PARAMETERS

/** S4-mig of the reference. Real hosts move the page far more seldom: the load is there to be measured. */
const PARAMETERS = {
  'pause-us': pauseUs('pause between two moves of the page', 250),
  'window-us': {
    kind: 'integer',
    says: 'how long the invalidation is in progress, by cost.move_page; the PTE changes in the middle',
    low: 0,
    high: 1_000_000,
    default: 20,
  },
  'apic-share': percentage(
    'percentage of guest accesses that go to the APIC; the others go to guest memory that does not move',
    10,
  ),
  pages: { kind: 'integer', says: 'gfns of guest memory', low: 1, high: 1 << 20, default: 256 },
  x2apic: {
    kind: 'integer',
    says: 'number of vCPUs in x2APIC mode: they have no address to reload, and to them the page is memory',
    low: 0,
    high: 256,
    default: 0,
  },
  mmu,
  preempt: { ...preempt, says: 'how the host was booted' },
  tlb,
} as const

export default scenario({
  name: 'apic-page',
  asks: 'When the APIC-access page moves, can the flush at the end of its reload be dropped, since the notifier has flushed already?',
  mail: 'Re: [PATCH 1/3] KVM: VMX: Retry APIC-access page reload if invalidation is in-progress (Yu Zhang, 7 Jun 2023)',
  variants: scenarioVariants('apic-page'),
  headline: ['double-flush', 're-request'],
  decides: [
    {
      metric: 'tlb_flushes_per_reload',
      reads: 'TLB flushes of a vCPU per reload of the page',
      means: 'translations that the guest must walk for again',
    },
    {
      metric: 'apic_stall_p50_ns',
      reads: 'median stall until the address is current',
      means: 'how long a vCPU stays out of the guest after a move',
    },
    { metric: 'guest_accesses_per_second', reads: 'guest accesses/s', means: 'throughput of the guest' },
  ],
  parameters: PARAMETERS,
  hasLatencyTrials: true,
  refuses: ['trace'],
  caveats,
  modelled: { values: { 'pause-us': 100 }, costs: { guest_access: 500 }, durationMs: 2, warmupMs: 0.5 },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

/** Caveats for the reader of the figures. */
function caveats({ 'pause-us': pause }: Options['values']): string[] {
  return [
    `a host moves the page far less often than this load: figures per reload carry over, those per second do not (pause ${pause} us)`,
  ]
}

const APIC_HVA = 1 << 28
/** Far from a multiple of any TLB's size: the APIC's translation, which lies at one, is not evicted by the guest's memory. */
const BASE_GFN = (1 << 20) + 64

function load(options: Options): Load {
  const { values, crew } = options
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [
        { slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: values.pages },
        { slot: APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, baseGfn: APIC_DEFAULT_GFN, hva: APIC_HVA, pages: 1 },
      ],
      mmu: values.mmu,
      ...hostOf(values),
      hugePerMille: 0,
      apic: { gfn: APIC_DEFAULT_GFN, x2apicVcpus: values.x2apic },
    },
    roles: [
      ...each(crew.vcpus, (vcpu) => vcpuRole(options, vcpu)),
      ...each(crew.notifiers, () => migratorRole(options)),
      ...each(crew.zappers, () => zapperRole(options)),
    ],
  }
}

const vcpuRole = (options: Options, vcpu: number): RolePlan =>
  touchingVcpu(options, vcpu, {
    hotGfns: [APIC_DEFAULT_GFN],
    hotPerMille: options.values['apic-share'] * 10,
    firstGfn: BASE_GFN,
    pages: options.values.pages,
  })

const migratorRole = (options: Options): RolePlan =>
  migratorOf(options, {
    hva: APIC_HVA,
    pauseUs: options.values['pause-us'],
    windowUs: options.values['window-us'],
  })

const zapperRole = ({ values }: Options): RolePlan => ({
  role: 'zapper',
  zap: { kind: 'zap', firstGfn: BASE_GFN, pages: values.pages, chunk: values.pages, pauseNs: 1_000_000 },
})
