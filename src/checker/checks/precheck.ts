import type { VariantNameOf } from '../../protocols/catalogue.ts'
import { COUNTER } from '../../protocols/counters.ts'
import { runRole } from '../../workers/roles.ts'
import type { Protocol, SystemSpec } from '../../workers/system.ts'
import type { Check } from '../check.ts'
import type { Program } from '../program.ts'
import { checkedVariants } from './checked-variants.ts'
import { GFN, HVA, MAPPED, mapAll, STALE_ACCEPTED } from './precheck-actors.ts'
import { CONFIGURATIONS, type Role } from './precheck-configurations.ts'
import { type Act, SMALL, vmProgram } from './vm-program.ts'

/** No actor touches it; it is the first in the table. */
const BELOW = { slot: 1, baseGfn: GFN - 2, hva: HVA - 1, pages: 1 }

const STALE_ACCEPT = {
  name: 'stale_accept',
  says: 'a page was taken without mmu_lock although an invalidation that had ended, according to the count, had taken it back',
}

function spec(variant: Protocol, configuration: (typeof CONFIGURATIONS)[number]): SystemSpec {
  const { name, roles, vcpus } = configuration
  return {
    ...SMALL,
    variant,
    cpus: roles.length,
    vcpus,
    memslots: [BELOW, { slot: 0, baseGfn: GFN, hva: HVA, pages: 1 + MAPPED }],
    ...('updates' in configuration ? { updates: configuration.updates } : {}),
    isPfnmap: name === 'uncounted',
    seqStart: 'seqStart' in configuration ? configuration.seqStart : 0,
  }
}

const declared: Check = {
  name: 'precheck',
  asks: 'May a fault check for an invalidation before it takes mmu_lock, and is it still always correct?',
  ...checkedVariants(
    'precheck',
    'precheck',
    {
      // The update waits for the SRCU section in which the loop waits for the update.
      loop: { finds: ['livelock'], in: 'deleted', holdsElsewhere: true },
      'B-STALE': { finds: ['stale_install', 'install_in_progress', 'stale_use'] },
      'B-SNAP': { finds: ['stale_install', 'stale_use'] },
      'B-HOIST': { finds: ['livelock'] },
      'B-LEAK': { finds: ['page_ref_leak'] },
      'B-UNITS': { finds: ['precheck_never_fires'], in: 'unended' },
      'B-INV': { finds: ['precheck_never_fires_before_pfn'], in: 'unended' },
      'B-ORDER': { finds: ['stale_accept'], in: 'lockless' },
      'B-RANGE': { finds: ['range_unset'] },
      'B-SNAP-rmb': { finds: ['stale_accept'], in: 'uncounted', memory: ['relaxed'] },
      'B-HOIST-plain': { finds: ['livelock'], in: 'polled', memory: ['tso', 'relaxed'] },
      'B-ORDER-wmb': { finds: ['stale_accept'], in: 'lockless', memory: ['relaxed'] },
      'B-INT': { finds: ['livelock', 'retry_unbounded'], in: 'near-2-31' },
      'B-SEQORDER': { finds: ['stale_install', 'stale_use'], in: 'near-2-32' },
      'B-ENDZAP': { finds: ['skipped_leaf', 'stale_use'] },
      'B-HALF': { finds: ['install_in_progress', 'stale_install', 'stale_use'], in: 'two-notifiers' },
    },
    ['stale_accept', 'precheck_never_fires', 'precheck_never_fires_before_pfn'],
  ),
  configurations: CONFIGURATIONS.map((one) => ({
    name: one.name,
    says: one.says,
    actors: one.actors,
    ...('patience' in one ? { patience: one.patience } : {}),
    ...('isLarge' in one ? { isLarge: one.isLarge } : {}),
  })),
  patience: 1,
  program: (variant, configuration) =>
    program(variant as Protocol, CONFIGURATIONS.find(({ name }) => name === configuration)!),
}
export default declared

function program(variant: Protocol, configuration: (typeof CONFIGURATIONS)[number]): Program {
  const asked = spec(variant, configuration)
  const acts = configuration.roles.map((role: Role, index) => [configuration.actors[index]!, actOf(role)] as const)
  const program = vmProgram(asked, acts, 'mapped' in configuration ? mapAll : undefined)
  const isUnended = configuration.name === 'unended'
  return {
    ...program,
    findingOf: (oracle, value) =>
      oracle === STALE_ACCEPTED ? { ...STALE_ACCEPT, value } : program.findingOf(oracle, value),
    atRest: 'isUnended' in configuration ? () => [] : program.atRest,
    isUnended,
    required: isUnended ? REQUIRED.filter(({ of }) => of.some((name) => name === variant)) : [],
  }
}

const actOf = (role: Role): Act => (typeof role === 'function' ? role : (cpu, vm) => runRole(cpu, vm, role))

const PRECHECKED: readonly VariantNameOf<'precheck'>[] = ['precheck', 'loop', 'precheck-after-pfn', 'B-UNITS', 'B-INV']
const REQUIRED = [
  {
    of: PRECHECKED,
    anyOf: [COUNTER.retry_precheck_before_pfn, COUNTER.retry_precheck_after_pfn],
    finding: { name: 'precheck_never_fires', says: 'no fault was ever turned back before it took mmu_lock', value: 0 },
  },
  {
    of: PRECHECKED,
    anyOf: [COUNTER.retry_precheck_after_pfn],
    finding: {
      name: 'precheck_never_fires_after_pfn',
      says: 'no fault ever retried between the look-up of its pfn and mmu_lock',
      value: 0,
    },
  },
  {
    of: PRECHECKED.filter((name) => name !== 'precheck-after-pfn'),
    anyOf: [COUNTER.retry_precheck_before_pfn],
    finding: {
      name: 'precheck_never_fires_before_pfn',
      says: 'no fault ever retried before it looked up its pfn',
      value: 0,
    },
  },
]
