import { clearDirtyLog, getDirtyLog } from '../../protocols/dirty-log/protect.ts'
import { startDirtyLog, stopDirtyLog } from '../../protocols/dirty-log/start-stop.ts'
import type { MemslotConfig } from '../../protocols/memslots/memslot.ts'
import type { Gfn } from '../../shared-memory/addresses.ts'
import { runRole } from '../../workers/roles.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { leavesGuest, outsideFirst } from './guest-acts.ts'
import { executes, inGuest, reclaims, touches, waitsToWrite, writesTo } from './nx-acts.ts'
import { ELSEWHERE, FIRST_GFN, FIRST_HVA, NX, own } from './nx-small-vm.ts'
import { declaredOf, type SmallConfiguration, smallProgram } from './small-configuration.ts'
import { type Act, inTurn } from './vm-program.ts'

/** Two pages that the guest writes to, and two huge pages that are small where the guest has executed. */
const PAGES: MemslotConfig = { slot: 0, baseGfn: FIRST_GFN, hva: FIRST_HVA, pages: 2 }
const BLOCKS: MemslotConfig = { slot: 0, baseGfn: FIRST_GFN, hva: FIRST_HVA, pages: 1024 }

/** The guest writes to pages, one after the other, and answers every interrupt. */
const writes = (...pages: readonly number[]): Act =>
  function* (cpu, vm) {
    const gfns = Int32Array.from(pages, (page) => FIRST_GFN + page)
    const accesses = { kind: 'recorded', atNs: new Float64Array(pages.length), gfns, startNs: 0 } as const
    yield* runRole(cpu, vm, { role: 'vcpu', accesses, sampleEvery: 0 })
  }

const splits: Act = function* (cpu, vm) {
  const slot = yield* vm.memslots.find(cpu, own(0))
  yield* vm.kvm.mmuSlotTrySplitHugePages(cpu, vm, slot)
}

/** Page tracking: removes write permission for another reason. */
const protects: Act = (cpu, vm) => vm.kvm.wrprotGfnRange(cpu, vm, FIRST_GFN as Gfn, (FIRST_GFN + 1) as Gfn)
const clears: Act = (cpu, vm) => clearDirtyLog(cpu, vm, 0, 64)

type Small = SmallConfiguration & {
  readonly memory?: MemslotConfig
  readonly isManual?: false
  readonly isEager?: true
  readonly isAllSet?: true
}

const CONFIGURATIONS: Readonly<Record<string, Small>> = {
  cleared: {
    says: 'a guest writes to a page three times while the VMM asks for the log, has it cleared and asks again',
    before: inTurn(writesTo(own(0)), startDirtyLog, writesTo(own(0))),
    acts: [
      ['vcpu0', writes(0, 0, 0)],
      ['vmm', inTurn(getDirtyLog, clears, getDirtyLog)],
    ],
  },
  'all-set': {
    says: 'a guest writes to a huge page three times while the VMM starts a log with all pages dirty, reads it, clears the pages and reads it again',
    before: writesTo(own(0)),
    acts: [
      ['vcpu0', writes(0, 0, 0)],
      ['vmm', inTurn(startDirtyLog, getDirtyLog, clears, getDirtyLog)],
    ],
    memory: { ...BLOCKS, pages: 512 },
    isAllSet: true,
  },
  got: {
    says: 'a guest writes to a page twice while the VMM reads the log twice, and each read clears the pages at once',
    before: inTurn(writesTo(own(0)), startDirtyLog, writesTo(own(0))),
    acts: [
      ['vcpu0', writes(0, 0)],
      ['vmm', inTurn(getDirtyLog, getDirtyLog)],
    ],
    isManual: false,
  },
  started: {
    says: 'a guest writes to a page twice while the VMM begins to log',
    before: writesTo(own(0)),
    acts: [
      ['vcpu0', writes(0, 0)],
      ['vmm', inTurn(startDirtyLog, getDirtyLog)],
    ],
  },
  protected: {
    says: 'the same while page tracking takes write permission from the page',
    before: writesTo(own(0)),
    acts: [
      ['vcpu0', writes(0, 0)],
      ['tracker', protects],
      ['vmm', inTurn(startDirtyLog, getDirtyLog)],
    ],
  },
  stopped: {
    says: 'a guest walks through a page table while logging ends, a huge page takes its place, and the table is freed',
    before: inTurn(executes(own(0)), executes(own(1))),
    acts: [
      ['vcpu0', outsideFirst(inGuest(own(0)), touches(own(0, 1)), leavesGuest)],
      ['vmm', inTurn(stopDirtyLog, reclaims)],
    ],
    memory: BLOCKS,
    isLargeFor: ['v5.11', 'v5.12'],
  },
  'stopped-wanted': {
    says: 'another task wants mmu_lock while logging ends',
    before: inTurn(executes(own(0)), executes(own(1))),
    acts: [
      ['vmm', stopDirtyLog],
      ['writer', waitsToWrite],
    ],
    counts: ['yield_needbreak'],
    memory: BLOCKS,
    // They look at each of 1024 leafs, and may yield at each.
    isLargeFor: ['flush-each-leaf', 'v5.11', 'v5.12', 'v5.15'],
  },
  split: {
    says: 'a guest executes in a huge page while the VMM, which is about to log, splits it',
    before: writesTo(own(0)),
    acts: [
      ['vcpu0', executes(own(0))],
      ['vmm', splits],
    ],
    memory: { ...BLOCKS, pages: 512 },
    isEager: true,
  },
  'split-raced': {
    says: 'the same, and then the guest executes in another huge page, whether or not it was faster',
    before: writesTo(own(0)),
    acts: [
      ['vcpu0', inTurn(executes(own(0)), executes(own(1)))],
      ['vmm', splits],
    ],
    memory: BLOCKS,
    isEager: true,
    isLarge: ['tso', 'relaxed'],
  },
}

const LOST_FLUSH = ['unlock_with_pending_flush', 'free_before_flush', 'flush_lost', 'stale_walk'] as const

/** To v5.13 the flush was left out too if no entry was changed. */
const NO_FLUSH = { entry: 'mmuSlotApplyFlags', finds: ['dirty_lost'], in: 'protected' } as const

const declared: Check = {
  name: 'dirty-log',
  asks: 'Does the log contain every page to which the guest has written since the VMM copied it, and does no CPU use a page table that the end of logging has freed?',
  ...checkedVariants('dirty-log', 'one-flush', {
    'flush-each-leaf': { finds: ['dirty_lost'], in: 'protected', holdsElsewhere: true },
    'B-STARTFLUSH': { finds: ['dirty_lost'], in: 'protected' },
    'B-CLEARLATE': { finds: ['dirty_lost'], in: 'cleared' },
    'B-HUGELOG': { finds: ['dirty_lost'], in: 'all-set' },
    'B-STOPFLUSH': { finds: LOST_FLUSH, in: 'stopped' },
  }),
  kernelFaults: { 'v5.11': NO_FLUSH, 'v5.12': NO_FLUSH },
  configurations: declaredOf(CONFIGURATIONS),
  patience: 1,
  program: (variant, configuration) => {
    const small = CONFIGURATIONS[configuration]!
    const { memory = PAGES, isManual = true, isEager = false, isAllSet = false } = small
    return smallProgram(variant, small, {
      vcpus: small.acts[0]![0] === 'vcpu0' ? 1 : 0,
      memslots: [{ ...ELSEWHERE, slot: 1 }, memory],
      nx: { ...NX, nestedGfn: 0, hugeBlocks: memory.pages >> 9 },
      updates: { spare: [], pseudoLock: 'none', zap: 'slot' },
      dirtyLog: { slot: 0, isManual, isEager, isAllSet },
    })
  },
}
export default declared
