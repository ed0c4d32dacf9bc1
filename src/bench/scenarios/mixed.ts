import { APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, APIC_DEFAULT_GFN } from '../../protocols/apic/apic-page.ts'
import type { MemslotUpdateConfig } from '../../protocols/vm-config.ts'
import type { RolePlan } from '../../workers/roles.ts'
import { pauseUs, percentage } from '../parameters.ts'
import { type Load, type LoadOptions, scenario, type Variant } from '../scenario.ts'
import { BASE_GFN, BLOCK, pagesOfMib, SPARE_PAGES, wholeBlocks } from './loads/guest.ts'
import { HOST_PARAMETERS, hostOf } from './loads/host.ts'
import { each, migratorOf, repeatingNotifier, updaterOf } from './loads/roles.ts'
import { USER_PARAMETERS, withUsers } from './users/all.ts'
import { logConflict } from './users/dirty-log.ts'

/** Upstream without one of the roles: the gain of the others is the cost of that role. */
const away = (name: string, says: string, ...without: NonNullable<Variant['without']>): Variant => ({
  kind: 'good',
  name: `without-${name}`,
  reference: 'upstream',
  says,
  protocol: 'everything',
  without,
})

const VARIANTS: readonly Variant[] = [
  { kind: 'good', name: 'everything', reference: 'upstream', says: 'every role is active' },
  away('notifiers', 'the memory of the guest is never invalidated', 'notifier'),
  away('nx-recovery', 'huge pages that were split for execution stay split', 'nx-recovery'),
  away('updates', 'the memslots do not change', 'memslot-updater'),
  away('apic-moves', 'the APIC-access page does not move', 'apic-migrator'),
  {
    kind: 'good',
    name: 'v5.15',
    reference: 'v5.15',
    says: 'every role is active, by the rules of v5.15: no pre-check, recovery under the write lock, reload by ->invalidate_range()',
  },
]

const { preempt, tlb } = HOST_PARAMETERS

const PARAMETERS = {
  preempt,
  tlb,
  'memory-mib': {
    kind: 'integer',
    says: 'guest memory, in huge pages of 2 MiB, written to and executed in at random',
    low: 2,
    high: 16_384,
    default: 32,
  },
  'execute-share': percentage('percentage of guest accesses that execute: a huge page is split for them', 20),
  range: {
    kind: 'integer',
    says: 'gfns of the guest that a notifier invalidates, in whole huge pages: a host splits one before it takes a piece',
    low: 1,
    high: 1 << 20,
    default: 512,
  },
  'pause-us': pauseUs('pause between two invalidations of a notifier', 2000),
  'update-pause-us': pauseUs(
    'pause between two memslot updates, which add and delete a slot that the guest does not use',
    5000,
  ),
  'update-zap': {
    kind: 'choice',
    says: 'scope of the zap when a slot is deleted: everything the guest has mapped, as x86 does by default, or only the slot',
    choices: ['all', 'slot'],
    default: 'all',
  },
  'apic-pause-us': pauseUs('pause between two moves of the APIC-access page', 2000),
  'window-us': pauseUs('how long the invalidation of that page is in progress, by cost.move_page', 20),
  ratio: { kind: 'integer', says: 'nx_huge_pages_recovery_ratio', low: 0, high: 10_000, default: 4 },
  'period-us': pauseUs('nx_huge_pages_recovery_period_ms', 5000),
} as const

export default scenario({
  name: 'mixed',
  asks: 'With every role active on one VM, does its guest get more done if one of them is left out?',
  mail: null,
  variants: VARIANTS,
  headline: ['everything', 'without-notifiers'],
  decides: [
    { metric: 'guest_accesses_per_second', reads: 'guest accesses/s', means: 'throughput of the guest' },
    { metric: 'nx_refault_latency_p50_ns', reads: 'median fault latency', means: 'how long a vCPU waits for a page' },
    {
      metric: 'mmu_lock_contended_share',
      reads: 'contention of mmu_lock',
      means: 'how much the roles contend',
    },
  ],
  parameters: { ...PARAMETERS, ...USER_PARAMETERS },
  hasLatencyTrials: true,
  refuses: ['trace', 'arrival'],
  conflict: (values) => logConflict(values as never),
  modelled: {
    values: {
      'memory-mib': 4,
      'pause-us': 300,
      'update-pause-us': 300,
      'apic-pause-us': 500,
      'period-us': 300,
    },
    costs: { guest_access: 500 },
    durationMs: 4,
    warmupMs: 1,
  },
  load: (options) => withUsers(load(options), options, guestMemory(options)),
})

type Options = LoadOptions<typeof PARAMETERS>

/** Huge pages come first in the host's memory, so the guest's is below what else there is. */
const BASE_HVA = 1 << 28
const SPARE_HVA = 1 << 29
const APIC_HVA = SPARE_HVA + 4096

const pagesOf = ({ values }: Options) => wholeBlocks(pagesOfMib(values['memory-mib']))

const guestMemory = (options: Options) => ({ slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: pagesOf(options) })

function load(options: Options): Load {
  const { values, crew } = options
  return {
    system: {
      vcpus: crew.vcpus,
      memslots: [
        guestMemory(options),
        { slot: APIC_ACCESS_PAGE_PRIVATE_MEMSLOT, baseGfn: APIC_DEFAULT_GFN, hva: APIC_HVA, pages: 1 },
      ],
      mmu: 'tdp',
      ...hostOf(values),
      hugePerMille: 0,
      apic: { gfn: APIC_DEFAULT_GFN, x2apicVcpus: 0 },
      nx: {
        roots: 1,
        keepsRoots: true,
        nestedGfn: 0,
        nestedPages: 0,
        hugeBlocks: pagesOf(options) / BLOCK,
        hugeLevel: 2,
        entries: BLOCK,
      },
      updates: updatesOf(options),
    },
    roles: [
      ...each(crew.vcpus, (vcpu) => vcpuRole(options, vcpu)),
      ...each(crew.notifiers, () => notifierRole(options)),
      ...each(crew.zappers, () => zapperRole(options)),
      recoveryRole(options),
      updaterOf(options, 1, values['update-pause-us']),
      migratorRole(options),
    ],
  }
}

function updatesOf(options: Options): MemslotUpdateConfig {
  const { values } = options
  const slot = { slot: 1, baseGfn: BASE_GFN + pagesOf(options), hva: SPARE_HVA, pages: SPARE_PAGES }
  return { spare: [slot], pseudoLock: 'graph', zap: values['update-zap'] }
}

/** All faults or none are timed, because few of them pay for a rare disturbance. */
function vcpuRole(options: Options, vcpu: number): RolePlan {
  const { values, seed, sampleEvery } = options
  return {
    role: 'vcpu',
    sampleEvery: sampleEvery > 0 ? 1 : 0,
    accesses: {
      kind: 'execute',
      own: [{ firstGfn: BASE_GFN, pages: pagesOf(options) }],
      nested: { firstGfn: 0, pages: 0 },
      touched: BLOCK,
      fresh: { firstGfn: 0, pages: 0 },
      recoverablePerMille: 1000,
      executePerMille: values['execute-share'] * 10,
      nestedPerMille: 0,
      leaveRootEvery: 0,
      seed: seed + vcpu,
    },
  }
}

const notifierRole = (options: Options): RolePlan =>
  repeatingNotifier(options, {
    startHva: BASE_HVA,
    pages: Math.min(wholeBlocks(options.values.range), pagesOf(options)),
    pauseNs: options.values['pause-us'] * 1000,
  })

const zapperRole = (options: Options): RolePlan => ({
  role: 'zapper',
  zap: {
    kind: 'zap',
    firstGfn: BASE_GFN,
    pages: pagesOf(options),
    chunk: BLOCK,
    pauseNs: options.values['pause-us'] * 1000,
  },
})

const recoveryRole = ({ values, sampleEvery }: Options): RolePlan => ({
  role: 'nx-recovery',
  recovery: { ratio: values.ratio, periodNs: values['period-us'] * 1000, rounds: 0, isTimed: sampleEvery > 0 },
})

const migratorRole = (options: Options): RolePlan =>
  migratorOf(options, {
    hva: APIC_HVA,
    pauseUs: options.values['apic-pause-us'],
    windowUs: options.values['window-us'],
  })
