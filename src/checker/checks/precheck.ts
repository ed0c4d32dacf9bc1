import { COUNTER } from '../../protocols/counters.ts'
import { pfnOfPte } from '../../protocols/host-mm.ts'
import { notifyEnd, notifyStart } from '../../protocols/mmu-notifier.ts'
import { assertUnmapped, ORACLES, violationsAtRest } from '../../protocols/oracles.ts'
import { CONTINUE, Fault } from '../../protocols/page-fault.ts'
import { invalidateRetry } from '../../protocols/retry.ts'
import type { Vm } from '../../protocols/vm.ts'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { type RolePlan, runRole } from '../../workers/roles.ts'
import type { Protocol } from '../../workers/system.ts'
import { buildSystem, type SystemSpec } from '../../workers/system.ts'
import type { Check } from '../check.ts'
import type { Program } from '../program.ts'
import { checkedVariants } from './checked-variants.ts'
import { findingOf } from './vm-program.ts'

/** Below the hvas, so that not even a range of hvas that is read half set, its end still INVALID_GPA, can hold it. */
const GFN = 0x1000
const HVA = 0x2000
/** Nobody's concern; it is the first in the table. */
const BELOW = { slot: 1, baseGfn: GFN - 2, hva: HVA - 1, pages: 1 }

/** Touches two pages of the guest's, one after the other. */
const touches = (first: number, second: number): RolePlan => ({
  role: 'vcpu',
  accesses: {
    kind: 'recorded',
    atNs: Float64Array.of(0, 0),
    gfns: Int32Array.of(GFN + first, GFN + second),
    startNs: 0,
  },
  sampleEvery: 0,
})

/** One page twice: the second time, it may be in the TLB. */
const TWICE = touches(0, 0)

/** Touches one page of the guest's. */
const vcpu = (page: number): RolePlan => ({
  role: 'vcpu',
  accesses: { kind: 'sweep', firstGfn: GFN + page, pages: 1, everyNs: 0, startNs: 0 },
  sampleEvery: 0,
})

/** Invalidates a range so many times, one after the other. */
const notifier = (page: number, pages: number, times = 1): RolePlan => ({
  role: 'notifier',
  isTimed: false,
  invalidations: {
    kind: 'recorded',
    atNs: new Float64Array(times),
    startHvas: new Int32Array(times).fill(HVA + page),
    endHvas: new Int32Array(times).fill(HVA + page + pages),
    startNs: 0,
  },
})

const starts = (cpu: Cpu, vm: Vm, page: number) => notifyStart(cpu, vm, (HVA + page) as Hva, (HVA + page + 1) as Hva)
const ends = (cpu: Cpu, vm: Vm, page: number) => notifyEnd(cpu, vm, (HVA + page) as Hva, (HVA + page + 1) as Hva)

/** Pages that are mapped before anybody else takes a step: all but the first. */
const MAPPED = 4

const CONFIGURATIONS = [
  {
    name: 'one-vcpu',
    says: 'a vCPU faults on the page that a notifier invalidates',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [vcpu(0), notifier(0, 1)],
  },
  {
    name: 'twice',
    says: 'a vCPU touches a page twice while a notifier invalidates it',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [TWICE, notifier(0, 1)],
  },
  {
    name: 'same-page',
    says: 'two vCPUs fault on the page that a notifier invalidates',
    actors: ['vcpu0', 'vcpu1', 'notifier'],
    vcpus: 2,
    roles: [vcpu(0), vcpu(0), notifier(0, 1)],
    // With one retry it is 3.6 million states: --retries 1.
    patience: 0,
  },
  {
    name: 'two-notifiers',
    says: 'a vCPU faults on a page that one of two notifiers invalidates',
    actors: ['vcpu0', 'notifier1', 'notifier2'],
    vcpus: 1,
    roles: [vcpu(1), notifier(0, 1), notifier(1, 1)],
    patience: 0,
  },
  {
    name: 'unended',
    says: 'a vCPU faults on a page whose invalidation has begun and does not end',
    actors: ['vcpu0', 'notifier that starts'],
    vcpus: 1,
    roles: [vcpu(0), startsOnly],
    isUnended: true,
  },
  {
    name: 'beside',
    says: 'a vCPU faults on a page whose invalidation ends, and on another, while that of the page between them does not end',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [touches(1, 3), endsOneOfTwo],
    isUnended: true,
  },
  {
    name: 'two-pairs',
    says: 'a vCPU faults on a page that a notifier invalidates twice',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [vcpu(0), notifier(0, 1, 2)],
  },
  {
    name: 'nested',
    says: 'a vCPU faults on a page while a task invalidates it, and within that another one, as change_pmd_range does',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [vcpu(1), invalidatesWithin],
  },
  {
    name: 'lockless',
    says: 'somebody takes a page without mmu_lock, and asks mmu_invalidate_retry() whether it may, as a pfncache does',
    actors: ['lockless user', 'notifier'],
    vcpus: 0,
    roles: [takePageLockless, notifier(0, 1)],
  },
  {
    name: 'uncounted',
    says: 'the same with a page that is not counted, of which nobody can take a reference',
    actors: ['lockless user of an uncounted page', 'notifier'],
    vcpus: 0,
    roles: [takeUncountedPage, notifier(0, 1)],
  },
  {
    name: 'polled',
    says: 'somebody asks the pre-check in a loop, with nothing else in it, until an invalidation is over',
    actors: ['who polls', 'notifier'],
    vcpus: 0,
    roles: [pollPrecheck, notifier(0, 1)],
  },
  {
    name: 'zapper',
    says: 'a vCPU faults, and faults again, on a page that a notifier invalidates together with four that are mapped',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [vcpu(0), notifier(0, 1 + MAPPED)],
    mapped: MAPPED,
    patience: 3,
    isLarge: true,
  },
] as const

/** Of the lockless user: a property of its own. */
/** Behind the oracles of any patch. */
const STALE_ACCEPTED = 1 << 16
const STALE_ACCEPT = {
  name: 'stale_accept',
  says: 'a page was taken without mmu_lock that an invalidation, ended as the count said, had taken back',
}

function spec(variant: Protocol, { name, roles, vcpus }: (typeof CONFIGURATIONS)[number]): SystemSpec {
  return {
    variant,
    cpus: roles.length,
    vcpus,
    memslots: [BELOW, { slot: 0, baseGfn: GFN, hva: HVA, pages: 1 + MAPPED }],
    mmu: 'tdp',
    preempt: 'full',
    tlbEntries: 1,
    hugePerMille: 0,
    oracles: true,
    lockStatistics: true,
    pendingLoops: 1,
    isPfnmap: name === 'uncounted',
  }
}

const declared: Check = {
  name: 'precheck',
  asks: 'May a fault look for an invalidation before it takes mmu_lock, and is it still never wrong?',
  ...checkedVariants(
    'precheck',
    'precheck',
    {
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
  const build = () => buildSystem(spec(variant, configuration))
  const { place, vm } = build()
  const memory = new Int32Array(place.words)
  vm.initialise(memory)
  if (configuration.name === 'uncounted') vm.host.populate(memory)
  return {
    place,
    memory,
    ...('mapped' in configuration ? { before: { name: 'vcpu0', start: (cpu) => mapAll(cpu, build().vm) } } : {}),
    actors: configuration.roles.map((role: Role, index) => ({
      name: configuration.actors[index]!,
      // Each actor has a VM of its own to keep its local state in: what they share is memory, and the words lie alike.
      start: (cpu) => (typeof role === 'function' ? role(cpu, build().vm) : runRole(cpu, build().vm, role)),
    })),
    findingOf: (oracle, value) => ({
      ...(oracle === STALE_ACCEPTED ? STALE_ACCEPT : findingOf(variant, oracle)),
      value,
    }),
    atRest: (words) =>
      'isUnended' in configuration
        ? []
        : violationsAtRest(vm, words).map(({ oracle, value }) => ({
            ...ORACLES.find(({ name }) => name === oracle)!,
            value,
          })),
    isUnended: configuration.name === 'unended',
    required: configuration.name === 'unended' ? REQUIRED.filter(({ of }) => of.some((name) => name === variant)) : [],
  }
}

const PRECHECKED = ['precheck', 'loop', 'precheck-after-pfn', 'B-UNITS', 'B-INV']
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
      says: 'no fault was ever turned back between the look-up of its pfn and mmu_lock',
      value: 0,
    },
  },
  {
    of: PRECHECKED.filter((name) => name !== 'precheck-after-pfn'),
    anyOf: [COUNTER.retry_precheck_before_pfn],
    finding: {
      name: 'precheck_never_fires_before_pfn',
      says: 'no fault was ever turned back before it looked up its pfn',
      value: 0,
    },
  },
]

function* mapAll(cpu: Cpu, vm: Vm): Steps<void> {
  const fault = new Fault()
  for (let page = 1; page <= MAPPED; page += 1) {
    fault.begin((GFN + page) as Gfn, true)
    yield* vm.kvm.mmuPageFault(cpu, vm, fault)
  }
}

type Role = RolePlan | ((cpu: Cpu, vm: Vm) => Steps<unknown>)

function* startsOnly(cpu: Cpu, vm: Vm): Steps<void> {
  yield* starts(cpu, vm, 0)
}

function* endsOneOfTwo(cpu: Cpu, vm: Vm): Steps<void> {
  yield* starts(cpu, vm, 1)
  yield* ends(cpu, vm, 1)
  yield* starts(cpu, vm, 2)
}

/** The page of the outer pair moves when the inner one is over. */
function* invalidatesWithin(cpu: Cpu, vm: Vm): Steps<void> {
  yield* starts(cpu, vm, 1)
  yield* starts(cpu, vm, 3)
  yield* ends(cpu, vm, 3)
  assertUnmapped(cpu, vm, (GFN + 1) as Gfn, (GFN + 2) as Gfn)
  yield* vm.host.migrate(cpu, vm.memslots.hostPageAtStart((GFN + 1) as Gfn)!, 1)
  yield* ends(cpu, vm, 1)
}

/**
 * Takes a page and uses `mmu_invalidate_retry()` without mmu_lock, as powerpc HV and the gfn_to_pfn caches do: if the count
 * is 0, whatever has ended must show in the sequence.
 */
function* takePageLockless(cpu: Cpu, vm: Vm): Steps<boolean> {
  const slot = yield* vm.memslots.find(cpu, GFN as Gfn)
  const seq = yield* cpu.load(vm.invalidateSeq)
  yield* cpu.barrier(RMB)
  const page = yield* vm.memslots.hostPage(cpu, slot, GFN as Gfn)
  const pte = yield* vm.host.faultin(cpu, page)
  const accepts = yield* acceptsLockless(cpu, vm, seq, page, pte)
  yield* vm.host.release(cpu, pfnOfPte(page, pte))
  return accepts
}

/** The same with a page that is not counted: nothing orders the look at its entry but the barrier after the sequence. */
function* takeUncountedPage(cpu: Cpu, vm: Vm): Steps<boolean> {
  const fault = new Fault()
  fault.begin(GFN as Gfn, false)
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  const result = yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
  if (result !== CONTINUE) return false
  return yield* acceptsLockless(cpu, vm, fault.seq, fault.hostPage, fault.hostPte)
}

/**
 * `mmu_invalidate_retry()`, not, after a look of one's own. What is accepted must not be stale if the count was 0 for all by then:
 * the sequence is seen before the count. Whoever finds a 0 from before the invalidation has accepted before it, and is told by it.
 */
function* acceptsLockless(cpu: Cpu, vm: Vm, seq: number, page: number, pte: number): Steps<boolean> {
  const inProgress = yield* cpu.load(vm.invalidateInProgress)
  if (inProgress !== 0) return false
  const isStale = cpu.peek(vm.invalidateInProgress) === 0 && vm.host.peekPte(cpu, page) !== pte
  const retry = yield* invalidateRetry(cpu, vm, seq)
  if (!retry && isStale) cpu.violation(STALE_ACCEPTED, GFN)
  return !retry
}

/** Until nothing is in progress of the gfn; gives up on a signal, as every loop in the kernel. */
function* pollPrecheck(cpu: Cpu, vm: Vm): Steps<void> {
  const fault = new Fault()
  fault.begin(GFN as Gfn, false)
  for (;;) {
    fault.seq = yield* cpu.load(vm.invalidateSeq)
    const retry = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
    if (!retry || cpu.signalPending()) return
  }
}
