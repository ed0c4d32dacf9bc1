import type { VariantName } from '../../protocols/catalogue.ts'
import { createVm, destroyVm } from '../../protocols/memslots/teardown.ts'
import { createMemslot, deleteMemslot } from '../../protocols/memslots/update-memslot.ts'
import { raiseEnd, raiseStart } from '../../protocols/mmu-notifier.ts'
import { Fault } from '../../protocols/page-fault.ts'
import { reloadRoot } from '../../protocols/vcpu.ts'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import type { Check } from '../check.ts'
import { type Act, inTurn, SMALL, vmProgram } from './vm-program.ts'

const GFN = 0x2000
const HVA = 0x1000
/** The slot that comes and goes. */
const SPARE = { slot: 1, baseGfn: GFN + 8, hva: HVA + 16, pages: 1 }
const OUTSIDE = HVA + 64

/** start and end of one page that nobody changes. */
const notifies = (hva: number): Act =>
  function* (cpu, vm) {
    const wasCalled = yield* raiseStart(cpu, vm, hva as Hva, (hva + 1) as Hva)
    yield* raiseEnd(cpu, vm, hva as Hva, (hva + 1) as Hva, true, wasCalled)
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

/** A fault, with SRCU held around it, as outside of the guest. */
const faults = (gfn: number): Act =>
  function* (cpu, vm) {
    const fault = new Fault()
    fault.begin(gfn as Gfn, false)
    const vcpu = vm.vcpus[cpu.id]!
    yield* vcpu.srcuReadLock(cpu)
    yield* vm.rules.pageFault(cpu, vm, fault)
    yield* vcpu.srcuReadUnlock(cpu)
  }

const reloads: Act = function* (cpu, vm) {
  const vcpu = vm.vcpus[cpu.id]!
  yield* vcpu.srcuReadLock(cpu)
  yield* reloadRoot(cpu, vm, vcpu)
  yield* vcpu.srcuReadUnlock(cpu)
}

const creates: Act = (cpu, vm) => createMemslot(cpu, vm, SPARE.slot)
const deletes: Act = (cpu, vm) => deleteMemslot(cpu, vm, SPARE.slot)

const comesAndGoes: Act = function* (cpu, vm) {
  yield* createVm(cpu, vm, SPARE.slot)
  yield* destroyVm(cpu, vm, SPARE.slot)
  yield* createVm(cpu, vm, SPARE.slot)
}

type Small = {
  readonly says: string
  readonly vcpus: 0 | 1 | 2
  readonly acts: readonly (readonly [string, Act])[]
  readonly pseudoLock?: 'mutex'
  readonly isDestroyed?: true
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
      ['vcpu0', faults(GFN)],
      ['notifier', notifies(OUTSIDE)],
      ['updater', creates],
    ],
  },
  'two-vcpus': {
    says: 'a vCPU faults, another reloads its root, a notifier invalidates memory that no slot maps, and an updater adds one',
    vcpus: 2,
    acts: [
      ['vcpu0', faults(GFN)],
      ['vcpu1', reloads],
      ['notifier', notifies(OUTSIDE)],
      ['updater', creates],
    ],
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
    says: 'a vCPU reloads its root, with SRCU held, while an updater adds a slot',
    vcpus: 1,
    acts: [
      ['vcpu0', reloads],
      ['updater', creates],
    ],
  },
  deleted: {
    says: 'a vCPU faults on a slot that an updater adds and removes',
    vcpus: 1,
    acts: [
      ['vcpu0', faults(SPARE.baseGfn)],
      ['updater', inTurn(creates, deletes)],
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
}

const declared: Check = {
  name: 'elision',
  asks: 'May an invalidation that concerns no memslot leave mmu_lock alone, while memslots come and go?',
  variants: [
    { kind: 'good', name: 'count-elide' },
    { kind: 'good', name: 'count' },
    { kind: 'good', name: 'always-lock' },
    { kind: 'broken', name: 'rwsem', finds: ['deadlock'], in: 'nested' },
    { kind: 'broken', name: 'fair-gate', finds: ['deadlock'], in: 'nested' },
    {
      kind: 'broken',
      name: 'B-UNBAL',
      finds: ['slots_changed_inside_pair', 'count_negative', 'count_leak'],
      in: 'spare',
    },
    { kind: 'broken', name: 'B-RWSEM', finds: ['deadlock'], in: 'overlap' },
    { kind: 'broken', name: 'B-WAKE', finds: ['lost_wakeup', 'deadlock'], in: 'outside' },
    {
      kind: 'broken',
      name: 'B-LATEINC',
      finds: ['slots_changed_inside_pair', 'count_negative', 'count_leak'],
      in: 'spare',
    },
    {
      kind: 'broken',
      name: 'B-EARLYDEC',
      finds: ['slots_changed_inside_pair', 'count_negative', 'count_leak'],
      in: 'spare',
    },
    { kind: 'broken', name: 'B-TEARDOWN', finds: ['count_leak', 'deadlock'], in: 'destroyed' },
    { kind: 'broken', name: 'B-ARCHLOCK', finds: ['deadlock'], in: 'reload' },
    { kind: 'broken', name: 'B-SRCU', finds: ['livelock', 'retry_unbounded'], in: 'deleted' },
  ],
  configurations: Object.entries(CONFIGURATIONS).map(([name, { says, acts }]) => ({
    name,
    says,
    actors: acts.map(([actor]) => actor),
  })),
  patience: 1,
  program: (variant, configuration) => {
    const { vcpus, acts, pseudoLock, isDestroyed = false } = CONFIGURATIONS[configuration]!
    const spec = {
      ...SMALL,
      variant: variant as VariantName,
      cpus: acts.length,
      vcpus,
      memslots: [{ slot: 0, baseGfn: GFN, hva: HVA, pages: 1 }],
      updates: { spare: [SPARE], pseudoLock: pseudoLock ?? 'none', zap: 'slot', isDestroyed } as const,
    }
    return vmProgram(spec, acts)
  },
}
export default declared
