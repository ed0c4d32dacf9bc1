import { assertTakenBack, assertUnmapped } from '../../protocols/assertions.ts'
import { ACCESSED } from '../../protocols/guest-access.ts'
import { notifyEnd, notifyStart } from '../../protocols/mmu-notifier.ts'
import { ORACLE } from '../../protocols/oracles.ts'
import { CONTINUE, type FaultResult, FIXED } from '../../protocols/page-fault.ts'
import { accessStage2 } from '../../protocols/stage2/guest.ts'
import { assertRefaultEnds } from '../../protocols/stage2/oracles.ts'
import { Stage2Fault } from '../../protocols/stage2/page-fault.ts'
import type { Stage2Vm } from '../../protocols/vm.ts'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { GRANULES } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { declaredOf, type SmallConfiguration, smallProgram } from './small-configuration.ts'
import { type Act, inTurn } from './vm-program.ts'

/** The first gfn of a block of the granule. */
const GFN = 1 << 16
const HVA = 0x10_0000
const BLOCK = GRANULES['4k'].entries
/** Another block, which no other actor touches; it is the first in the table. */
const BELOW = { slot: 1, baseGfn: GFN - 2 * BLOCK, hva: HVA - BLOCK, pages: BLOCK }
const ABOVE = { slot: 2, baseGfn: GFN + 2 * BLOCK, hva: HVA + 2 * BLOCK, pages: BLOCK }
/** The guest writes to a page of the block, or executes it, with as many faults as needed. */
const access = (isExec: boolean, isLogged = false, page = 0): Act =>
  function* (cpu, vm) {
    const gfn = (GFN + page) as Gfn
    const stage2Vm = vm as Stage2Vm
    const fault = new Stage2Fault(stage2Vm.stage2.vcpus[cpu.id]!)
    fault.beginAccess(gfn, isExec)
    fault.isLogged = isLogged
    let result: FaultResult = CONTINUE
    for (let isFirst = true; ; isFirst = false) {
      const done = yield* accessStage2(cpu, stage2Vm, fault)
      if (done === ACCESSED) return
      if (!isFirst) assertRefaultEnds(cpu, stage2Vm, fault, result)
      result = yield* vm.kvm.userMemAbort(cpu, stage2Vm, fault)
      fault.endTry()
      const isOther = fault.hostPage !== vm.memslots.hostPageAtStart(gfn)
      if (result === FIXED && isOther) cpu.violation(ORACLE.wrong_page, gfn)
      if (cpu.signalPending()) return
    }
  }

/** The memslot is being logged when its fault finds it. */
const writesLogged: Act = access(false, true)

const boots: Act = inTurn(access(false), access(true))

/** invalidate_range_start and _end of this many pages of the block, which move in between. */
const moves = (pages: number): Act =>
  function* (cpu, vm) {
    yield* notifyStart(cpu, vm, HVA as Hva, (HVA + pages) as Hva)
    assertUnmapped(cpu, vm, GFN as Gfn, (GFN + pages) as Gfn)
    const page = vm.memslots.hostPageAtStart(GFN as Gfn)!
    const pte = vm.host.peekPte(cpu, page)
    yield* vm.host.migrate(cpu, page, pages)
    assertTakenBack(cpu, vm, page, pte)
    yield* notifyEnd(cpu, vm, HVA as Hva, (HVA + pages) as Hva)
  }

const invalidates = moves(BLOCK)

type Small = SmallConfiguration & {
  /** The host's memory is no huge pages. */
  readonly isSmall?: true
  /** The machine has FEAT_TLBIRANGE. */
  readonly hasTlbRange?: true
}

const CONFIGURATIONS: Readonly<Record<string, Small>> = {
  'two-vcpus': {
    says: 'two vCPUs write to a block and then execute what they wrote',
    acts: [
      ['vcpu0', boots],
      ['vcpu1', boots],
    ],
  },
  invalidated: {
    says: 'a vCPU writes to a block and executes it while a notifier moves it',
    acts: [
      ['vcpu0', boots],
      ['notifier', invalidates],
    ],
  },
  twice: {
    says: 'a vCPU writes to a block, and again, while a notifier moves it',
    acts: [
      ['vcpu0', inTurn(access(false), access(false))],
      ['notifier', invalidates],
    ],
  },
  pages: {
    says: 'a vCPU writes to a page of a block that the host has in small pages, and executes it, and another one writes to it',
    isSmall: true,
    acts: [
      ['vcpu0', boots],
      ['vcpu1', access(false)],
    ],
  },
  'page-invalidated': {
    says: 'a vCPU writes to such a page twice while a notifier moves it',
    isSmall: true,
    acts: [
      ['vcpu0', inTurn(access(false), access(false))],
      ['notifier', moves(1)],
    ],
  },
  'range-invalidated': {
    says: 'the same on a machine that flushes a range by one TLBI',
    isSmall: true,
    hasTlbRange: true,
    acts: [
      ['vcpu0', inTurn(access(false), access(false))],
      ['notifier', moves(1)],
    ],
  },
  'range-beside': {
    says: 'the same where another page of the page table stays mapped',
    isSmall: true,
    hasTlbRange: true,
    before: access(false, false, 1),
    acts: [
      ['vcpu0', inTurn(access(false), access(false))],
      ['notifier', moves(1)],
    ],
  },
  logged: {
    says: 'a vCPU writes to a block, and another one to a page of it after logging of the memslot has begun',
    acts: [
      ['vcpu0', access(false)],
      ['vcpu1', writesLogged],
    ],
    // A vCPU that finds the table goes through its 512 pages.
    isLarge: true,
  },
  'both-invalidated': {
    says: 'two vCPUs execute a block while a notifier moves it',
    acts: [
      ['vcpu0', access(true)],
      ['vcpu1', access(true)],
      ['notifier', invalidates],
    ],
    // With one retry it took 1.3 million states before dead fields were cleared: --retries 1.
    patience: 0,
  },
}

const declared: Check = {
  name: 'icache',
  asks: 'Can memory be executed before the I-caches have dropped its old content?',
  ...checkedVariants('icache', 'threshold', {
    'interval-tree': { finds: ['sleep_in_atomic', 'alloc_in_atomic'], in: 'two-vcpus' },
    'B-PUBFIRST': { finds: ['exec_before_icache'], in: 'two-vcpus' },
    'B-SLEEP': { finds: ['sleep_in_atomic', 'alloc_in_atomic'], in: 'two-vcpus' },
    'B-NOTLBI': { finds: ['refault_unbounded', 'livelock'], in: 'two-vcpus' },
    'B-TABLETLBI': { finds: ['free_before_flush'], in: 'range-invalidated' },
    'B-PAIPA': { finds: ['wrong_page'], in: 'logged' },
    'B-VOLUME': {
      unchecked: 'it is the same as ranged: correct, but slow under mmu_lock. `bench` counts the operations.',
    },
  }),
  kernelFaults: { 'v6.8': { entry: 'stage2Unmap', finds: ['free_before_flush'], in: 'range-invalidated' } },
  configurations: declaredOf(CONFIGURATIONS),
  patience: 4,
  program: (variant, configuration) => {
    const small = CONFIGURATIONS[configuration]!
    return smallProgram(variant, small, {
      vcpus: small.acts.length,
      hugePerMille: small.isSmall ? 0 : 1000,
      memslots: [BELOW, { slot: 0, baseGfn: GFN, hva: HVA, pages: BLOCK }, ABOVE],
      stage2: { granule: '4k', iminLine: 4, scale: 1, hasTlbRange: small.hasTlbRange ?? false },
    })
  },
}
export default declared
