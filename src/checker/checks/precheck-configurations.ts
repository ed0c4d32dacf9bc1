import type { Vm } from '../../protocols/vm.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { RolePlan } from '../../workers/roles.ts'
import {
  deletesSlot,
  endsOneOfTwo,
  GFN,
  HVA,
  invalidatesWithin,
  MAPPED,
  pollPrecheck,
  startsOnly,
  takePageLockless,
  takeUncountedPage,
} from './precheck-actors.ts'

/** An actor: a role of the benchmarks, or a function of this check. */
export type Role = RolePlan | ((cpu: Cpu, vm: Vm) => Steps<unknown>)

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

/** Invalidates a range `times` times in succession. */
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

export const CONFIGURATIONS = [
  {
    name: 'one-vcpu',
    says: 'a vCPU faults on the page that a notifier invalidates',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [vcpu(0), notifier(0, 1)],
  },
  {
    name: 'near-2-31',
    says: 'the same where the sequence is about to become 2^31',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [vcpu(0), notifier(0, 1)],
    seqStart: 0x7fff_ffff,
  },
  {
    name: 'near-2-32',
    says: 'the same where it is about to wrap at 2^32',
    actors: ['vcpu0', 'notifier'],
    vcpus: 1,
    roles: [vcpu(0), notifier(0, 1)],
    seqStart: 0xffff_ffff,
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
    // With one retry it took 3.6 million states before dead fields were cleared: --retries 1.
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
    name: 'deleted',
    says: 'a vCPU faults on a page whose memslot an updater removes',
    actors: ['vcpu0', 'updater'],
    vcpus: 1,
    roles: [vcpu(0), deletesSlot],
    updates: { spare: [], pseudoLock: 'none', zap: 'slot' },
  },
  {
    name: 'lockless',
    says: 'a lockless user takes a page, and asks mmu_invalidate_retry() whether it may',
    actors: ['lockless user', 'notifier'],
    vcpus: 0,
    roles: [takePageLockless, notifier(0, 1)],
  },
  {
    name: 'uncounted',
    says: 'the same with a page without a reference count, so that no reference can be taken',
    actors: ['lockless user of an uncounted page', 'notifier'],
    vcpus: 0,
    roles: [takeUncountedPage, notifier(0, 1)],
  },
  {
    name: 'polled',
    says: 'a poller repeats only the pre-check in a loop until an invalidation is over',
    actors: ['poller', 'notifier'],
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
