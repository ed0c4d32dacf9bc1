import type { VariantName } from '../../protocols/catalogue.ts'
import type { MemslotConfig } from '../../protocols/memslots/memslots.ts'
import { invalidateRangeEnd, invalidateRangeStart } from '../../protocols/notifier.ts'
import type { NxConfig } from '../../protocols/nx/nx.ts'
import { switchRoot } from '../../protocols/nx/root-walk.ts'
import { Fault } from '../../protocols/page-fault.ts'
import { ACCESSED, accessGuestMemory, enterGuest, exitGuest, FAULT_PROTECTION } from '../../protocols/vcpu.ts'
import { type Gfn, type Hva, hvaAdd } from '../../shared-memory/addresses.ts'
import { X } from '../../shared-memory/page-tables/spte.ts'
import type { Check } from '../check.ts'
import { type Act, inTurn, SMALL, vmProgram } from './vm-program.ts'

const BLOCK = 512
/** Pages of the largest huge page. */
const GIB = BLOCK * BLOCK
/** Huge pages of the guest, and behind them small ones. */
const HUGE = 3
const FIRST_GFN = 1 << 20
const FIRST_HVA = 1 << 22

const own = (block: number, page = 0): Gfn => (FIRST_GFN + block * BLOCK + page) as Gfn
const small = (page: number): Gfn => own(HUGE, page)

const faultOn = (gfn: Gfn, isExec: boolean): Act =>
  function* (cpu, vm) {
    const fault = new Fault()
    fault.begin(gfn, false, isExec)
    return yield* vm.rules.pageFault(cpu, vm, fault)
  }

const writesTo = (gfn: Gfn): Act => faultOn(gfn, false)
const executes = (gfn: Gfn): Act => faultOn(gfn, true)

/** The guest executes, with all that it takes: entry, access, exit, faults. It stays in the guest. */
const inGuest = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    const vcpu = vm.vcpus[cpu.id]!
    const fault = new Fault()
    fault.begin(gfn, false, true)
    yield* enterGuest(cpu, vm, vcpu)
    for (;;) {
      const result = yield* accessGuestMemory(cpu, vm, vcpu, gfn, X)
      if (result === ACCESSED) return
      fault.present = result === FAULT_PROTECTION
      yield* exitGuest(cpu, vcpu)
      yield* vm.rules.pageFault(cpu, vm, fault)
      if (cpu.signalPending()) return
      yield* enterGuest(cpu, vm, vcpu)
    }
  }

const touches = (gfn: Gfn): Act =>
  function* (cpu, vm) {
    yield* accessGuestMemory(cpu, vm, vm.vcpus[cpu.id]!, gfn, X)
  }

const leavesGuest: Act = function* (cpu, vm) {
  yield* exitGuest(cpu, vm.vcpus[cpu.id]!)
}

const unmaps = (gfn: Gfn, pages: number): Act =>
  function* (cpu, vm) {
    const start = (FIRST_HVA + gfn - FIRST_GFN) as Hva
    yield* invalidateRangeStart(cpu, vm, start, hvaAdd(start, pages))
    yield* invalidateRangeEnd(cpu, vm, start, hvaAdd(start, pages))
  }

/** Somebody who wants mmu_lock, so that whoever has it yields. */
const waitsToWrite: Act = function* (cpu, vm) {
  yield* vm.mmuLock.writeLock(cpu)
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** One round of the worker. */
const recovers: Act = function* (cpu, vm) {
  yield* vm.rules.nx.recover(cpu, vm, vm.nx!, 1)
}

/** Frees what has been waiting for a grace period, as anybody who needs a table does. */
const reclaims: Act = function* (cpu, vm) {
  yield* vm.nx!.reclaim(cpu)
  yield* vm.nx!.reclaim(cpu)
}

const changesRole: Act = function* (cpu, vm) {
  yield* switchRoot(cpu, vm, vm.nx!, vm.vcpus[cpu.id]!)
}

type Small = {
  readonly says: string
  readonly vcpus: number
  readonly acts: readonly (readonly [string, Act])[]
  readonly nx?: Partial<NxConfig>
  readonly memslots?: readonly MemslotConfig[]
}

const ROOT_ENTRY = 1 << 27
/** Memory below three entries of a root. */
const REGIONS = [0, 1, 2].map((entry) => ({
  slot: entry,
  baseGfn: own(0) + entry * ROOT_ENTRY,
  hva: entry * 4,
  pages: 1,
}))
const LEAVES_ROOTS = { roots: 2, keepsRoots: false }

const CONFIGURATIONS: Readonly<Record<string, Small>> = {
  walked: {
    says: 'a vCPU walks through a page table while it is recovered and freed',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(inGuest(own(0)), touches(own(0, 1)), leavesGuest)],
      ['nx-recovery', inTurn(recovers, reclaims)],
    ],
  },
  'two-tables': {
    says: 'a vCPU has two page tables made, and writes where the second one is, while they are recovered',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(executes(own(0)), executes(own(1)), writesTo(own(1, 1)))],
      ['nx-recovery', recovers],
    ],
  },
  'two-vcpus': {
    says: 'two vCPUs execute in a huge page each while page tables are recovered',
    vcpus: 2,
    acts: [
      ['vcpu0', executes(own(0))],
      ['vcpu1', executes(own(1))],
      ['nx-recovery', recovers],
    ],
  },
  wanted: {
    says: 'somebody wants mmu_lock while page tables are recovered',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(executes(own(0)), executes(own(1)))],
      ['nx-recovery', recovers],
      ['writer', waitsToWrite],
    ],
  },
  'two-roots': {
    says: 'a notifier unmaps in two roots while somebody wants mmu_lock',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(writesTo(small(0)), changesRole, writesTo(small(1)))],
      ['notifier', unmaps(small(0), 2)],
      ['writer', waitsToWrite],
    ],
    nx: { roots: 2 },
  },
  'linked-below': {
    says: 'a vCPU makes a page table below one that is recovered at the same time',
    vcpus: 1,
    acts: [
      ['vcpu0', executes(own(0))],
      ['nx-recovery', inTurn(recovers, reclaims)],
    ],
    nx: { hugeBlocks: 1, hugeLevel: 3, nestedGfn: own(GIB / BLOCK) },
    memslots: [{ slot: 0, baseGfn: FIRST_GFN, hva: FIRST_HVA, pages: GIB }],
  },
  'left-root': {
    says: 'a vCPU maps below three entries of a root and leaves it, while somebody wants mmu_lock',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(...REGIONS.map(({ baseGfn }) => writesTo(baseGfn as Gfn)), changesRole)],
      ['writer', waitsToWrite],
    ],
    nx: { ...LEAVES_ROOTS, hugeBlocks: 0 },
    memslots: REGIONS,
  },
  'unmapped-root': {
    says: 'the last vCPU leaves a root in which a notifier unmaps',
    vcpus: 1,
    acts: [
      ['vcpu0', inTurn(writesTo(small(0)), changesRole)],
      ['notifier', unmaps(small(0), 2)],
    ],
    nx: LEAVES_ROOTS,
  },
}

const NX: NxConfig = {
  roots: 1,
  keepsRoots: true,
  nestedGfn: own(HUGE + 1),
  nestedPages: 0,
  hugeBlocks: HUGE,
  hugeLevel: 2,
  entries: 4,
}

const LOST = ['flush_lost', 'unlock_with_pending_flush', 'free_before_flush', 'stale_walk']

const declared: Check = {
  name: 'nx-recovery',
  asks: 'Does anybody use a page table that NX recovery has freed, and is every flush made that it owes?',
  variants: [
    { kind: 'good', name: 'read-lock' },
    { kind: 'good', name: 'write-lock' },
    { kind: 'good', name: 'write-lock-single' },
    { kind: 'good', name: 'two-lists' },
    { kind: 'good', name: 'v5.11' },
    { kind: 'broken', name: 'B-DROP', finds: LOST, in: 'walked' },
    { kind: 'broken', name: 'B-RCU', finds: LOST, in: 'walked' },
    { kind: 'broken', name: 'B-ASSIGN', finds: LOST, in: 'two-tables' },
    { kind: 'broken', name: 'B-ROOTS', finds: ['unlock_with_pending_flush'], in: 'two-roots' },
    { kind: 'broken', name: 'B-ITER', finds: ['skipped_leaf'], in: 'left-root' },
    { kind: 'broken', name: 'B-ROOTWALK', finds: ['root_use_after_free'], in: 'unmapped-root' },
    { kind: 'broken', name: 'B-NOTRACKCHK', finds: ['nx_list_corrupt'], in: 'linked-below' },
    { kind: 'broken', name: 'B-SIDE', finds: ['lock_wrong_side'], in: 'wanted' },
  ],
  configurations: Object.entries(CONFIGURATIONS).map(([name, { says, acts }]) => ({
    name,
    says,
    actors: acts.map(([actor]) => actor),
  })),
  patience: 1,
  program: (variant, configuration) => {
    const { vcpus, acts, nx, memslots } = CONFIGURATIONS[configuration]!
    const spec = {
      ...SMALL,
      variant: variant as VariantName,
      cpus: acts.length,
      vcpus,
      memslots: memslots ?? [{ slot: 0, baseGfn: FIRST_GFN, hva: FIRST_HVA, pages: (HUGE + 1) * BLOCK }],
      nx: { ...NX, ...nx },
    }
    return vmProgram(spec, acts)
  },
}
export default declared
