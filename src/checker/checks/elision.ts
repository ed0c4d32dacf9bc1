import { assertUnmapped } from '../../protocols/assertions.ts'
import { COUNTER } from '../../protocols/counters.ts'
import { ACCESSED, accessGuestMemory } from '../../protocols/guest-access.ts'
import { hostPageOf } from '../../protocols/memslots/host-ranges.ts'
import type { MemslotConfig } from '../../protocols/memslots/memslots.ts'
import { mmuNotifierRelease } from '../../protocols/memslots/release.ts'
import { createVm } from '../../protocols/memslots/teardown.ts'
import { createMemslot, deleteMemslot, moveMemslot } from '../../protocols/memslots/update-memslot.ts'
import { raiseEnd, raiseStart } from '../../protocols/mmu-notifier.ts'
import { ORACLE } from '../../protocols/oracles.ts'
import { EMULATE, Fault, FIXED, RETRY } from '../../protocols/page-fault.ts'
import { usePfnCache } from '../../protocols/pfncache/refresh.ts'
import { enterGuest, exitGuest, loadFirstRoot } from '../../protocols/vcpu-run.ts'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import type { Protocol } from '../../workers/system.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { type Act, inTurn, SMALL, vmProgram } from './vm-program.ts'

const GFN = 0x2000
const HVA = 0x1000
/** The slot that stays. */
const OWN = { slot: 0, baseGfn: GFN, hva: HVA, pages: 1 }
/** The slot that comes and goes, and another one, which moves those above it to another place in the table. */
const SPARE = { slot: 1, baseGfn: GFN + 8, hva: HVA + 16, pages: 1 }
const BELOW = { slot: 2, baseGfn: GFN - 8, hva: HVA + 32, pages: 1 }
const ELSEWHERE = GFN + 16
const OUTSIDE = HVA + 64
/** A slot that stays, of more than one page: a walk over it can be interrupted. */
const WIDE = { slot: 0, baseGfn: GFN, hva: HVA, pages: 3 }

/** start and end of one page whose memslot does not change. */
const notifies = (hva: number): Act =>
  function* (cpu, vm) {
    const wasCalled = yield* raiseStart(cpu, vm, hva as Hva, (hva + 1) as Hva)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + 1) as Hva, true, wasCalled)
  }

/** start and end of a slot by a task that may not sleep, as the OOM reaper. */
const reaps = ({ hva, pages }: MemslotConfig): Act =>
  function* (cpu, vm) {
    yield* raiseStart(cpu, vm, hva as Hva, (hva + pages) as Hva, false)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + pages) as Hva, false)
  }

/** The same, with mmap_lock held for read meanwhile. */
const notifiesInMm = (hva: number): Act =>
  function* (cpu, vm) {
    const { mmapLock } = vm.updates!.lifetime!
    yield* mmapLock.readLock(cpu)
    yield* notifies(hva)(cpu, vm)
    yield* mmapLock.readUnlock(cpu)
  }

/** The same, with a pair of the same page within. */
const notifiesNested = (hva: number): Act =>
  function* (cpu, vm) {
    yield* raiseStart(cpu, vm, hva as Hva, (hva + 1) as Hva)
    yield* notifies(hva)(cpu, vm)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + 1) as Hva)
  }

/** start and end of the page of a slot, which moves in between. */
const invalidates = ({ hva, baseGfn }: MemslotConfig): Act =>
  function* (cpu, vm) {
    yield* raiseStart(cpu, vm, hva as Hva, (hva + 1) as Hva)
    assertUnmapped(cpu, vm, baseGfn as Gfn, (baseGfn + 1) as Gfn)
    yield* vm.host.migrate(cpu, hostPageOf(vm.memslots.all, SPARE), 1)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + 1) as Hva)
  }

const mapsOwn: Act = function* (cpu, vm) {
  const fault = new Fault()
  fault.begin(GFN as Gfn, false)
  for (;;) {
    const result = yield* vm.kvm.mmuPageFault(cpu, vm, fault)
    if (result !== RETRY || cpu.signalPending()) return
  }
}

/** The same of the page that stays. */
const invalidatesOwn: Act = function* (cpu, vm) {
  yield* raiseStart(cpu, vm, HVA as Hva, (HVA + 1) as Hva)
  yield* vm.host.migrate(cpu, hostPageOf(vm.memslots.all, OWN), 1)
  yield* raiseEnd(cpu, vm, HVA as Hva, (HVA + 1) as Hva)
}

/** Until the page has been used twice, or the kernel has no such caches. */
const usesCache: Act = function* (cpu, vm) {
  const [cache] = vm.pfnCaches!.list
  for (let uses = 0; uses < 2; ) {
    const used = yield* usePfnCache(cpu, vm, cache!)
    if (used) uses += 1
    else if (!(yield* vm.kvm.gpcRefresh(cpu, vm, cache!))) return
  }
}

/** Faults on the first page of a slot, or another, until there is no need to retry, with SRCU held around each, as outside of the guest. */
const faults = (slot: MemslotConfig, gfn: number = slot.baseGfn, page = 0): Act =>
  function* (cpu, vm) {
    const fault = new Fault()
    fault.begin(gfn as Gfn, false)
    const vcpu = vm.vcpus[cpu.id]!
    for (;;) {
      yield* vcpu.srcuReadLock(cpu)
      const result = yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      yield* vcpu.srcuReadUnlock(cpu)
      const isOther = fault.hostPage !== hostPageOf(vm.memslots.all, slot) + page
      if (result === FIXED && isOther) cpu.violation(ORACLE.wrong_page, gfn)
      if (result !== RETRY || cpu.signalPending()) return result
    }
  }

/** The same on a slot that this CPU has set. */
const mustFault = (slot: MemslotConfig): Act =>
  function* (cpu, vm) {
    const result = yield* faults(slot)(cpu, vm)
    if (result === EMULATE) cpu.violation(ORACLE.emulated_memory, slot.baseGfn)
  }

/** The guest writes to the first page of a slot, with all that it takes: entry, access, exit, faults. */
const writesTo = ({ baseGfn }: MemslotConfig): Act =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    const fault = new Fault()
    fault.begin(baseGfn as Gfn, false)
    yield* vcpu.srcuReadLock(cpu)
    yield* enterGuest(cpu, vm, vcpu)
    for (;;) {
      const access = yield* accessGuestMemory(cpu, vm, vcpu, baseGfn as Gfn)
      yield* exitGuest(cpu, vcpu)
      if (access === ACCESSED || cpu.signalPending()) break
      yield* vm.kvm.mmuPageFault(cpu, vm, fault)
      yield* enterGuest(cpu, vm, vcpu)
    }
    yield* vcpu.srcuReadUnlock(cpu)
  }

const reloads: Act = function* (cpu, vm) {
  const vcpu = vm.vcpus[cpu.id]!
  yield* vcpu.srcuReadLock(cpu)
  yield* loadFirstRoot(cpu, vm, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
}

const sets =
  ({ slot }: MemslotConfig): Act =>
  (cpu, vm) =>
    createMemslot(cpu, vm, slot)
const removes =
  ({ slot }: MemslotConfig): Act =>
  (cpu, vm) =>
    deleteMemslot(cpu, vm, slot)
const creates = sets(SPARE)
const deletes = removes(SPARE)
const moves: Act = (cpu, vm) => moveMemslot(cpu, vm, SPARE.slot, ELSEWHERE as Gfn)

const comesAndGoes: Act = function* (cpu, vm) {
  yield* createVm(cpu, vm, SPARE.slot)
  yield* vm.kvm.destroyVm(cpu, vm, SPARE.slot)
  yield* createVm(cpu, vm, SPARE.slot)
}

type Small = {
  readonly says: string
  readonly vcpus: 0 | 1 | 2
  readonly acts: readonly (readonly [string, Act])[]
  readonly pseudoLock?: 'mutex'
  readonly isDestroyed?: true
  readonly memslots?: readonly MemslotConfig[]
  readonly zap?: 'all'
  readonly mmu?: 'shadow'
  readonly pfnCaches?: readonly number[]
  readonly isLarge?: true
}

const CONFIGURATIONS: Readonly<Record<string, Small>> = {
  spare: {
    says: 'a notifier invalidates memory of a slot that an updater adds',
    vcpus: 0,
    acts: [
      ['notifier', notifies(SPARE.hva)],
      ['updater', creates],
    ],
  },
  outside: {
    says: 'a notifier invalidates memory that no slot maps while an updater adds one',
    vcpus: 0,
    acts: [
      ['notifier', notifies(OUTSIDE)],
      ['updater', creates],
    ],
  },
  fault: {
    says: 'a vCPU faults while a notifier invalidates memory that no slot maps and an updater adds one',
    vcpus: 1,
    acts: [
      ['vcpu0', faults(OWN)],
      ['notifier', notifies(OUTSIDE)],
      ['updater', creates],
    ],
  },
  'two-vcpus': {
    says: 'with shadow paging a vCPU faults, another loads its first root, a notifier invalidates memory that no slot maps, and an updater adds one',
    vcpus: 2,
    acts: [
      ['vcpu0', faults(OWN)],
      ['vcpu1', reloads],
      ['notifier', notifies(OUTSIDE)],
      ['updater', creates],
    ],
    mmu: 'shadow',
  },
  overlap: {
    says: 'two notifiers that hold a lock of the mm in their callbacks, and an updater',
    vcpus: 0,
    acts: [
      ['notifier0', notifies(OUTSIDE)],
      ['notifier1', notifies(OUTSIDE)],
      ['updater', creates],
    ],
    pseudoLock: 'mutex',
  },
  nested: {
    says: 'a notifier raises a pair within a pair, as change_pmd_range does, and an updater adds a slot',
    vcpus: 0,
    acts: [
      ['notifier', notifiesNested(OUTSIDE)],
      ['updater', creates],
    ],
  },
  reload: {
    says: 'a vCPU loads its first root with shadow paging, and with SRCU held, while an updater adds a slot',
    vcpus: 1,
    acts: [
      ['vcpu0', reloads],
      ['updater', creates],
    ],
    mmu: 'shadow',
  },
  deleted: {
    says: 'a vCPU faults on a slot that an updater adds and removes',
    vcpus: 1,
    acts: [
      ['vcpu0', faults(SPARE)],
      ['updater', inTurn(creates, deletes)],
    ],
  },
  reused: {
    says: 'a vCPU faults on a slot whose place in the table is used for another one that an updater adds and removes',
    vcpus: 1,
    acts: [
      ['vcpu0', faults(OWN)],
      ['updater', inTurn(sets(BELOW), removes(BELOW))],
    ],
  },
  moved: {
    says: 'a vCPU faults on a slot, and where an updater moves it to before it removes it',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(faults(SPARE), faults(SPARE, ELSEWHERE))],
      ['updater', inTurn(creates, moves, deletes)],
    ],
  },
  mapped: {
    says: 'a VMM adds a slot, and its vCPU faults on it, while a notifier invalidates its memory',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(creates, mustFault(SPARE))],
      ['notifier', invalidates(SPARE)],
    ],
  },
  'given-up': {
    says: 'a guest writes to a page while an updater adds a slot and removes it, and everything that is mapped goes with it',
    vcpus: 1,
    acts: [
      ['vcpu0', writesTo(OWN)],
      ['updater', inTurn(creates, deletes)],
    ],
    zap: 'all',
    isLarge: true,
  },
  released: {
    says: 'the process that has a VM exits: nothing of its memory stays mapped',
    vcpus: 0,
    acts: [['exit', inTurn(mapsOwn, mmuNotifierRelease)]],
    zap: 'all',
  },
  pfncache: {
    says: 'KVM uses a page of the guest by a gfn_to_pfn_cache while a notifier invalidates it',
    vcpus: 0,
    acts: [
      ['user', usesCache],
      ['notifier', invalidatesOwn],
    ],
    pfnCaches: [GFN],
  },
  nonblock: {
    says: 'a vCPU faults on two pages, one after the other, that a task invalidates which may not block',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(faults(WIDE), faults(WIDE, GFN + 1, 1))],
      ['reaper', reaps(WIDE)],
    ],
    memslots: [WIDE],
  },
  'two-updaters': {
    says: 'two updaters add a slot each',
    vcpus: 0,
    acts: [
      ['updater0', creates],
      ['updater1', sets(BELOW)],
    ],
  },
  destroyed: {
    says: 'a VM is created, destroyed and created again while a task of its mm invalidates memory that no slot maps',
    vcpus: 0,
    acts: [
      ['notifier', notifiesInMm(OUTSIDE)],
      ['owner', comesAndGoes],
    ],
    isDestroyed: true,
  },
  'destroyed-inside': {
    says: 'the same while that task invalidates memory of a slot of the VM',
    vcpus: 0,
    acts: [
      ['notifier', notifiesInMm(SPARE.hva)],
      ['owner', comesAndGoes],
    ],
    isDestroyed: true,
  },
}

/** A VM that comes and goes is told of invalidations while it is there. */
const REQUIRED = [
  {
    anyOf: [COUNTER.invalidate_start],
    finding: { name: 'notifier_never_called', says: 'no invalidation was ever announced to the VM', value: 0 },
  },
]

const declared: Check = {
  name: 'elision',
  asks: 'May an invalidation that concerns no memslot leave mmu_lock alone, while memslots come and go?',
  ...checkedVariants('elision', 'count-elide', {
    rwsem: { finds: ['deadlock'], in: 'nested' },
    'fair-gate': { finds: ['deadlock'], in: 'nested' },
    'B-UNBAL': { finds: ['slots_changed_inside_pair', 'count_negative', 'count_leak'], in: 'spare' },
    'B-RWSEM': { finds: ['deadlock'], in: 'overlap' },
    'B-WAKE': { finds: ['lost_wakeup', 'deadlock'], in: 'outside' },
    'B-LATEINC': { finds: ['slots_changed_inside_pair', 'count_negative', 'count_leak'], in: 'spare' },
    'B-EARLYDEC': {
      finds: ['stale_pfncache', 'slots_changed_inside_pair', 'count_negative', 'count_leak'],
      in: ['pfncache', 'spare'],
    },
    'B-NORELEASE': { finds: ['mapped_after_release'], in: 'released' },
    'B-GPCCOUNT': { finds: ['stale_pfncache'], in: 'pfncache' },
    'B-TEARDOWN': { finds: ['count_leak', 'deadlock'], in: 'destroyed' },
    'B-ARCHLOCK': { finds: ['deadlock'], in: 'reload' },
    'B-SRCU': { finds: ['livelock', 'retry_unbounded'], in: 'deleted' },
    'B-NONBLOCK': { finds: ['yield_in_nonblock'], in: 'nonblock' },
  }),
  configurations: Object.entries(CONFIGURATIONS).map(([name, { says, acts, isLarge }]) => ({
    name,
    says,
    actors: acts.map(([actor]) => actor),
    ...(isLarge ? { isLarge } : {}),
  })),
  patience: 1,
  program: (variant, configuration) => {
    const {
      vcpus,
      acts,
      pseudoLock,
      isDestroyed = false,
      memslots = [OWN],
      zap = 'slot',
      mmu = 'tdp' as const,
      pfnCaches,
    } = CONFIGURATIONS[configuration]!
    const spec = {
      ...SMALL,
      variant: variant as Protocol,
      mmu,
      cpus: acts.length,
      vcpus,
      memslots,
      updates: { spare: [SPARE, BELOW], pseudoLock: pseudoLock ?? 'none', zap, isDestroyed } as const,
      ...(pfnCaches === undefined ? {} : { pfnCaches }),
    }
    return { ...vmProgram(spec, acts), required: isDestroyed ? REQUIRED : [] }
  },
}
export default declared
