import { APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, APIC_DEFAULT_GFN } from '../../protocols/apic/apic-page.ts'
import type { RolePlan } from '../../workers/roles.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'

/** S4-mig of the reference. Real hosts move the page far more seldom: the load is there to be measured. */
const PARAMETERS = {
  'pause-us': {
    kind: 'integer',
    says: 'pause between two moves of the page',
    low: 0,
    high: 10_000_000,
    default: 250,
  },
  'window-us': {
    kind: 'integer',
    says: 'how long the invalidation is in progress, by cost.move_page; the PTE changes in the middle',
    low: 0,
    high: 1_000_000,
    default: 20,
  },
  'apic-share': {
    kind: 'integer',
    says: 'percentage of guest accesses that go to the APIC; the others go to guest memory that stays where it is',
    low: 0,
    high: 100,
    default: 10,
  },
  pages: { kind: 'integer', says: 'gfns of guest memory', low: 1, high: 1 << 20, default: 256 },
  x2apic: {
    kind: 'integer',
    says: 'number of vCPUs in x2APIC mode: they have no address to reload, and to them the page is memory',
    low: 0,
    high: 256,
    default: 0,
  },
  mmu: {
    kind: 'choice',
    says: 'tdp: faults take mmu_lock for read; shadow: for write',
    choices: ['tdp', 'shadow'],
    default: 'tdp',
  },
  preempt: {
    kind: 'choice',
    says: 'how the host was booted',
    choices: ['none', 'voluntary', 'full', 'lazy'],
    default: 'full',
  },
  tlb: { kind: 'integer', says: 'translations that a vCPU keeps, a power of two', low: 1, high: 65_536, default: 512 },
} as const

export default scenario({
  name: 'apic-page',
  asks: 'When the APIC-access page moves, can the flush at the end of its reload be dropped, the notifier having flushed?',
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
    { metric: 'guest_accesses_per_second', reads: 'guest accesses/s', means: 'what the guest gets done' },
  ],
  parameters: PARAMETERS,
  hasLatencyTrials: true,
  refuses: ['trace'],
  caveats,
  modelled: { values: { 'pause-us': 100 }, costs: { guest_access: 500 }, durationMs: 2, warmupMs: 0.5 },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

/** What a reader of the figures has to know. */
function caveats({ 'pause-us': pause }: Options['values']): string[] {
  return [
    `a host moves the page far more seldom than this load: figures per reload carry over, those per second do not (pause ${pause} us)`,
  ]
}

const APIC_HVA = 1 << 28
const BASE_HVA = 1 << 29
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
      mmu: values.mmu === 'shadow' ? 'shadow' : 'tdp',
      preempt:
        values.preempt === 'none' || values.preempt === 'voluntary' || values.preempt === 'lazy'
          ? values.preempt
          : 'full',
      tlbEntries: 1 << (31 - Math.clz32(values.tlb)),
      hugePerMille: 0,
      apic: { gfn: APIC_DEFAULT_GFN, x2apicVcpus: values.x2apic },
    },
    roles: [
      ...Array.from({ length: crew.vcpus }, (_, vcpu) => vcpuRole(options, vcpu)),
      ...Array.from({ length: crew.notifiers }, () => migratorRole(options)),
      ...Array.from({ length: crew.zappers }, () => zapperRole(options)),
    ],
  }
}

function vcpuRole({ values, crew, arrival, seed, sampleEvery }: Options, vcpu: number): RolePlan {
  const everyNs = arrival.kind === 'open' ? 1e9 / arrival.ratePerSecond : 0
  return {
    role: 'vcpu',
    accesses: {
      kind: 'touch',
      hotGfns: [APIC_DEFAULT_GFN],
      hotPerMille: values['apic-share'] * 10,
      firstGfn: BASE_GFN,
      pages: values.pages,
      seed: seed + vcpu,
      everyNs,
      startNs: (everyNs * vcpu) / crew.vcpus,
    },
    sampleEvery,
  }
}

const migratorRole = ({ values, sampleEvery }: Options): RolePlan => ({
  role: 'apic-migrator',
  migration: { hva: APIC_HVA, pauseNs: values['pause-us'] * 1000, windowUnits: values['window-us'] },
  isTimed: sampleEvery > 0,
})

const zapperRole = ({ values }: Options): RolePlan => ({
  role: 'zapper',
  zap: { kind: 'zap', firstGfn: BASE_GFN, pages: values.pages, chunk: values.pages, pauseNs: 1_000_000 },
})
