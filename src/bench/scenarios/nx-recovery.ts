import type { RolePlan } from '../../workers/roles.ts'
import { pauseUs, percentage } from '../parameters.ts'
import { type Load, type LoadOptions, scenario, scenarioVariants } from '../scenario.ts'
import { BASE_GFN, BASE_HVA, BLOCK, pagesOfMib, wholeBlocks } from './loads/guest.ts'
import { HOST_PARAMETERS, hostOf } from './loads/host.ts'
import { each, repeatingNotifier } from './loads/roles.ts'

const { preempt, tlb } = HOST_PARAMETERS

/** Memory and rates are S1-jitter of the published case (16 GB, ratio 4, period 100 ms), both smaller by a factor of 32. */
const PARAMETERS = {
  'memory-mib': {
    kind: 'integer',
    says: 'memory of the guest that could be huge pages, and in which it executes',
    low: 2,
    high: 16_384,
    default: 512,
  },
  huge: { kind: 'choice', says: 'how large huge pages are', choices: ['2M', '1G'], default: '2M' },
  'nested-share': percentage(
    'percentage of accesses to such memory by a nested guest, which has its own memory of the same size (huge 2M)',
    0,
  ),
  'recoverable-share': percentage(
    'percentage of guest accesses that go to such memory; the others touch 4 KiB pages for the first time',
    40,
  ),
  'execute-share': percentage('percentage of accesses to such memory that execute', 50),
  touched: {
    kind: 'integer',
    says: 'number of gfns of each 2 MiB block that are touched',
    low: 1,
    high: 512,
    default: 512,
  },
  ratio: {
    kind: 'integer',
    says: 'nx_huge_pages_recovery_ratio: a round recovers 1/ratio of the pages; 0: none',
    low: 0,
    high: 10_000,
    default: 4,
  },
  'period-us': {
    kind: 'integer',
    says: 'time between two rounds: nx_huge_pages_recovery_period_ms',
    low: 0,
    high: 3_600_000_000,
    default: 3000,
  },
  preempt: {
    ...preempt,
    says: 'how the host was booted, with PREEMPT_DYNAMIC: since 6.11 a contended worker yields with full and lazy (6.13) only, before with all of them',
  },
  roots: { kind: 'integer', says: 'roots of the TDP MMU: roles in which a vCPU can be', low: 1, high: 8, default: 1 },
  'keep-roots': {
    kind: 'choice',
    says: 'whether the MMU itself holds a reference to each root, as since 6.4 (edbdb43fc96b)',
    choices: ['yes', 'no'],
    default: 'yes',
  },
  'leave-root-every': {
    kind: 'integer',
    says: 'accesses after which a vCPU changes to the next root; 0: never',
    low: 0,
    high: 1_000_000_000,
    default: 0,
  },
  spread: {
    kind: 'integer',
    says: 'regions of 512 GiB, an entry of the root each, over which the memory is spread',
    low: 1,
    high: 8,
    default: 1,
  },
  unmapped: {
    kind: 'integer',
    says: 'gfns of such memory that a notifier invalidates at a time, in whole huge pages: a host splits a huge page before it takes a part',
    low: 1,
    high: 1 << 20,
    default: 2048,
  },
  'pause-us': pauseUs('pause between two invalidations', 100),
  'fresh-pages': {
    kind: 'integer',
    says: 'gfns that each vCPU can touch for the first time; the run ends when they are used up',
    low: 1,
    high: 1 << 21,
    default: 1 << 19,
  },
  tlb,
} as const

/** The number of pages that an entry of the root covers. */
const ROOT_ENTRY = 1 << 27

export default scenario({
  name: 'nx-recovery',
  asks: 'Do vCPUs that fault elsewhere wait less if NX huge pages are recovered with mmu_lock held for read?',
  mail: "KVM: x86/mmu: Don't allow TDP MMU to yield when recovering NX pages (Paolo Bonzini, 30 Mar 2021)",
  variants: scenarioVariants('nx-recovery'),
  headline: ['write-lock', 'read-lock'],
  decides: [
    // Faults that meet a round are few: two cores time a thousand of them in a headline, and not the ten thousand of a p99.9.
    {
      metric: 'nx_fault_latency_p99_ns',
      reads: 'p99 of faults on other gfns during recovery',
      means: 'the jitter that the guest sees',
    },
    {
      metric: 'nx_recovered_per_second',
      reads: 'recovered pages/s',
      means: 'how soon the guest has its huge pages back',
    },
    {
      metric: 'nx_flushes_per_recovered',
      reads: 'remote TLB flushes per recovered page',
      means: 'what recovery costs every CPU that runs a vCPU',
    },
  ],
  parameters: PARAMETERS,
  crew: { notifiers: 0 },
  hasLatencyTrials: true,
  refuses: ['arrival'],
  modelled: {
    values: { 'memory-mib': 16, 'period-us': 200, 'fresh-pages': 2048 },
    costs: { guest_access: 500 },
    durationMs: 8,
    warmupMs: 0.5,
  },
  load,
})

type Options = LoadOptions<typeof PARAMETERS>

/** The layout of memory in gfns: pages that could be huge in one piece or several, a nested guest's, and then fresh ones. */
function layoutOf({ values, crew }: Options) {
  const hugePages = values.huge === '1G' ? BLOCK * BLOCK : BLOCK
  const wanted = pagesOfMib(values['memory-mib']) / values.spread
  const pages = Math.max(1, Math.ceil(wanted / hugePages)) * hugePages
  const own = Array.from({ length: values.spread }, (_, at) => ({ firstGfn: BASE_GFN + at * ROOT_ENTRY, pages }))
  const isNested = values['nested-share'] > 0 && values.huge === '2M'
  const nested = { firstGfn: BASE_GFN + pages, pages: isNested ? pages : 0 }
  const freshPages = wholeBlocks(values['fresh-pages'])
  const fresh = { firstGfn: nested.firstGfn + nested.pages, pages: freshPages * crew.vcpus }
  return { hugePages, own, nested, fresh, freshPages, isNested }
}

function load(options: Options): Load {
  const { values, crew, sampleEvery } = options
  const { hugePages, own, nested, fresh } = layoutOf(options)
  const regions = [...own, nested, fresh].filter(({ pages }) => pages > 0)
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: slotsOf(regions),
      mmu: 'tdp',
      ...hostOf(values),
      hugePerMille: 0,
      nx: {
        roots: values.roots,
        keepsRoots: values['keep-roots'] === 'yes',
        nestedGfn: nested.firstGfn,
        nestedPages: nested.pages,
        hugeBlocks: [...own, nested].reduce((sum, { pages }) => sum + pages, 0) / hugePages,
        hugeLevel: values.huge === '1G' ? 3 : 2,
        entries: values.touched,
      },
    },
    roles: [
      ...each(crew.vcpus, (vcpu) => vcpuRole(options, vcpu)),
      {
        role: 'nx-recovery',
        recovery: {
          ratio: values.ratio,
          periodNs: values['period-us'] * 1000,
          rounds: 0,
          isTimed: sampleEvery > 0,
        },
      },
      ...each(crew.notifiers, () => notifierRole(options)),
    ],
  }
}

/** A slot each, their hvas one behind the other: huge pages come first in the host's memory. */
function slotsOf(regions: readonly { readonly firstGfn: number; readonly pages: number }[]) {
  let hva = BASE_HVA
  return regions.map(({ firstGfn, pages }, slot) => {
    const at = hva
    hva += pages
    return { slot, baseGfn: firstGfn, hva: at, pages }
  })
}

/** All faults or none are timed, because one fault in a hundred pays for a round. */
function vcpuRole(options: Options, vcpu: number): RolePlan {
  const { values, seed, sampleEvery } = options
  const { own, nested, fresh, freshPages, isNested } = layoutOf(options)
  return {
    role: 'vcpu',
    sampleEvery: sampleEvery > 0 ? 1 : 0,
    accesses: {
      kind: 'execute',
      own,
      nested,
      touched: values.touched,
      fresh: { firstGfn: fresh.firstGfn + vcpu * freshPages, pages: freshPages },
      recoverablePerMille: values['recoverable-share'] * 10,
      executePerMille: values['execute-share'] * 10,
      nestedPerMille: isNested ? values['nested-share'] * 10 : 0,
      leaveRootEvery: values['leave-root-every'],
      seed: seed + vcpu,
    },
  }
}

function notifierRole(options: Options): RolePlan {
  const { values } = options
  const { own, hugePages } = layoutOf(options)
  const whole = Math.ceil(values.unmapped / hugePages) * hugePages
  return repeatingNotifier(options, {
    startHva: BASE_HVA,
    pages: Math.min(whole, own[0]!.pages),
    pauseNs: values['pause-us'] * 1000,
  })
}
