// For tests: a small VM whose memslots change, and the acts of the updater and of the notifier.

import type { Hva } from '../../shared-memory/addresses.ts'
import type { Kernel } from '../kernel.ts'
import { raiseEnd, raiseStart } from '../mmu-notifier.ts'
import { type Act, BASE_GFN, BASE_HVA, SmallVm } from '../testing.contract.ts'
import { PRECHECK } from '../variants/precheck.ts'
import type { MemslotUpdateConfig, NxConfig, VmConfig } from '../vm-config.ts'
import { createMemslot, deleteMemslot } from './update-memslot.ts'

/** The slot that comes and goes: above the one that stays. */
export const SPARE = { slot: 1, baseGfn: BASE_GFN + 64, hva: BASE_HVA + 128, pages: 8 }
export const OUTSIDE = { first: 1000, end: 1008 }
/** Pages, counted as in `hvaOf`, of the slot that comes and goes. */
export const SPARE_RANGE = { first: 128, end: 136 }

export function updatedVm(
  acts: readonly Act[],
  kernel: Kernel = PRECHECK,
  updates: Partial<MemslotUpdateConfig> = {},
  config: Partial<VmConfig> = {},
): SmallVm {
  const whole = { spare: [SPARE], pseudoLock: 'none', zap: 'slot', ...updates } as const
  return new SmallVm(acts, kernel, { lockdep: true, updates: whole, ...config })
}

/** For page tables that a deletion takes away: one root, which the MMU keeps, and no huge page to recover. */
export const ONE_ROOT: NxConfig = {
  roots: 1,
  keepsRoots: true,
  nestedGfn: 0,
  nestedPages: 0,
  hugeBlocks: 0,
  hugeLevel: 2,
  entries: 512,
}

export const creates: Act = (cpu, vm) => createMemslot(cpu, vm, SPARE.slot)
export const deletes: Act = (cpu, vm) => deleteMemslot(cpu, vm, SPARE.slot)

/** start and end of a range of pages whose memslot does not change. */
export const notifies = ({ first, end }: { readonly first: number; readonly end: number }): Act =>
  function* (cpu, vm) {
    const from = (BASE_HVA + first) as Hva
    const to = (BASE_HVA + end) as Hva
    const wasCalled = yield* raiseStart(cpu, vm, from, to)
    yield* cpu.pause()
    yield* raiseEnd(cpu, vm, from, to, true, wasCalled)
  }

/** The same, with a pair of the same range within. */
export const notifiesNested = ({ first, end }: { readonly first: number; readonly end: number }): Act =>
  function* (cpu, vm) {
    const from = (BASE_HVA + first) as Hva
    const to = (BASE_HVA + end) as Hva
    yield* raiseStart(cpu, vm, from, to)
    yield* cpu.pause()
    yield* raiseStart(cpu, vm, from, to)
    yield* raiseEnd(cpu, vm, from, to)
    yield* raiseEnd(cpu, vm, from, to)
  }
