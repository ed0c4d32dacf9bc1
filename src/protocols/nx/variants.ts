import { type Cpu, READ, WRITE } from '../../shared-memory/cpu.ts'
import type { TdpIter } from '../../shared-memory/page-tables/tdp-iter.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Vm } from '../vm.ts'
import type { Nx } from './nx.ts'
import { condReschedOnSide, flushAndLeaveRcu, recoverEachMmu, recoverInOrder, recoverShadowFirst } from './recovery.ts'
import { nextRoot, unmapRoots } from './root-walk.ts'
import type { NxRules } from './rules.ts'
import { zapSinglePage, zapSpanOfPage } from './zap-page.ts'

// System 1: recovery of NX huge pages. The variants that are correct, or were shipped.

/** N9, with |=: what was owed stays owed. */
const keepFlush = (flush: boolean, contributed: boolean): boolean => flush || contributed

function* readDisallowed(cpu: Cpu, nx: Nx, table: number): Steps<boolean> {
  const disallowed = yield* cpu.read(nx.pages.disallowed(table))
  return disallowed !== 0
}

function* callRcu(cpu: Cpu, nx: Nx, table: number): Steps<void> {
  yield* nx.rcu.call(cpu, table)
}

/** The walk starts again from the root with its next step, and not before. */
function* restartWithNext(_cpu: Cpu, _vm: Vm, iter: TdpIter): Steps<void> {
  iter.yielded = true
}

/** s1.6_18: upstream since 6.18, commit a57750909580. Under mmu_lock for read, one page at a time, by CAS. */
export const NX_READ_LOCK: NxRules = {
  mmuLock: 'rwlock',
  hasOneList: false,
  tdpSide: READ,
  recover: recoverEachMmu,
  zapPage: zapSinglePage,
  accumulate: keepFlush,
  flushAndLeaveRcu,
  condResched: condReschedOnSide,
  isStillDisallowed: readDisallowed,
  flushesAtTeardown: false,
  freeTable: callRcu,
  unmapRoots,
  nextRoot,
  afterYield: restartWithNext,
}

/** 6.17: under mmu_lock for write, one list; the page is zapped by itself, and tearing it down flushes nothing. */
export const NX_WRITE_LOCK_SINGLE: NxRules = {
  ...NX_READ_LOCK,
  hasOneList: true,
  tdpSide: WRITE,
  recover: recoverInOrder,
}

/** s1.5_12: 5.12, after the three patches of the mail. The zap of a page is a zap of its gfns, and may not yield. */
export const NX_WRITE_LOCK: NxRules = {
  ...NX_WRITE_LOCK_SINGLE,
  zapPage: zapSpanWithoutYield,
  flushesAtTeardown: true,
}

function* zapSpanWithoutYield(cpu: Cpu, vm: Vm, nx: Nx, table: number): Steps<boolean> {
  return yield* zapSpanOfPage(cpu, vm, nx, table, false)
}

/** s1.5_11: mmu_lock is a spinlock; the zap may yield, and what it says of a flush is ignored. */
export const NX_5_11: NxRules = {
  ...NX_WRITE_LOCK,
  mmuLock: 'spinlock',
  zapPage: zapSpanWithYield,
  accumulate: (flush) => flush,
}

function* zapSpanWithYield(cpu: Cpu, vm: Vm, nx: Nx, table: number): Steps<boolean> {
  return yield* zapSpanOfPage(cpu, vm, nx, table, true)
}

/** s1.two_lists: a list for each MMU, one share for both, the shadow MMU's first. */
export const NX_TWO_LISTS: NxRules = { ...NX_WRITE_LOCK_SINGLE, hasOneList: false, recover: recoverShadowFirst }
