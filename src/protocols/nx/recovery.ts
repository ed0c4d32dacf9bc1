import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, READ, type Side, WRITE } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { assertFlushed } from '../oracles.ts'
import { condReschedRwlockRead, condReschedRwlockWrite } from '../resched.ts'
import type { Vm } from '../vm.ts'
import { type Mmu, NO_PAGE, SHADOW, TDP } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import { assertEmptyAtFree, assertFlushKept, assertInRcu, assertSide } from './oracles.ts'
import { unaccount } from './track.ts'
import { prepareZapPage } from './zap-page.ts'

const NO_GFN = -1 as Gfn

/** N2: how many of a list are recovered in this round. Read without a lock: it is a measure, no more. */
export function* toZap(cpu: Cpu, nx: Nx, mmu: Mmu, ratio: number): Steps<number> {
  const nr = yield* nx.lists[mmu].nr(cpu)
  return ratio === 0 ? 0 : Math.ceil(nr / ratio)
}

/** Since 6.18: each MMU has a list, and a share of its own. */
export function* recoverEachMmu(cpu: Cpu, vm: Vm, nx: Nx, ratio: number): Steps<void> {
  const shadow = yield* toZap(cpu, nx, SHADOW, ratio)
  yield* recoverList(cpu, vm, nx, SHADOW, WRITE, shadow)
  const tdp = yield* toZap(cpu, nx, TDP, ratio)
  yield* recoverList(cpu, vm, nx, TDP, vm.kvm.nx.tdpSide, tdp)
}

/** Up to 6.17: one list of both MMUs, the oldest page first. */
export function* recoverInOrder(cpu: Cpu, vm: Vm, nx: Nx, ratio: number): Steps<void> {
  const share = yield* toZap(cpu, nx, TDP, ratio)
  yield* recoverList(cpu, vm, nx, TDP, WRITE, share)
}

/** As Sean Christopherson thought of it and turned it down: all pages of the shadow MMU first, then, if the round is not over, the TDP MMU's. */
export function* recoverShadowFirst(cpu: Cpu, vm: Vm, nx: Nx, ratio: number): Steps<void> {
  const nrShadow = yield* nx.lists[SHADOW].nr(cpu)
  const nrTdp = yield* nx.lists[TDP].nr(cpu)
  const share = ratio === 0 ? 0 : Math.ceil((nrShadow + nrTdp) / ratio)
  const done = yield* recoverList(cpu, vm, nx, SHADOW, WRITE, share)
  yield* recoverList(cpu, vm, nx, TDP, WRITE, share - done)
}

/** N3 to N11: `kvm_recover_nx_huge_pages()`, of one list. How many pages it took off. */
function* recoverList(cpu: Cpu, vm: Vm, nx: Nx, list: Mmu, side: Side, share: number): Steps<number> {
  if (share <= 0) return 0
  let flush = false
  let done = 0
  yield* lock(cpu, vm, nx, side)
  yield* nx.rcu.readLock(cpu)
  while (done < share) {
    const table = yield* takeFirst(cpu, nx, list, side)
    if (table === NO_PAGE) break
    done += 1
    flush = yield* recoverPage(cpu, vm, nx, table, flush)
    assertFlushKept(cpu, vm, flush || nx.local[cpu.id]!.invalid.length > 0)
    const yielded = yield* yieldLock(cpu, vm, nx, side, flush)
    if (yielded) flush = false
  }
  cpu.count(COUNTER.nx_batch, done)
  yield* vm.kvm.nx.flushAndLeaveRcu(cpu, vm, nx, flush)
  yield* unlock(cpu, vm, nx, side)
  return done
}

/** N5, N6: off the list before it is zapped: the flag keeps page sizes from bouncing, and nothing else. */
function* takeFirst(cpu: Cpu, nx: Nx, list: Mmu, side: Side): Steps<number> {
  if (side === READ) yield* nx.pagesLock.acquire(cpu)
  const table = yield* cpu.read(nx.lists[list].first)
  if (table !== NO_PAGE) yield* unaccount(cpu, nx, table)
  if (side === READ) yield* nx.pagesLock.release(cpu)
  return table
}

/** N7 to N9. */
function* recoverPage(cpu: Cpu, vm: Vm, nx: Nx, table: number, flush: boolean): Steps<boolean> {
  assertInRcu(cpu, nx)
  const mmu = yield* cpu.read(nx.pages.mmu(table))
  if (mmu === SHADOW) {
    yield* prepareZapPage(cpu, vm, nx, table)
    return flush
  }
  const contributed = yield* vm.kvm.nx.zapPage(cpu, vm, nx, table)
  return vm.kvm.nx.accumulate(flush, contributed)
}

/** N10: lets go of mmu_lock if somebody waits for it. What was zapped is flushed before. */
function* yieldLock(cpu: Cpu, vm: Vm, nx: Nx, side: Side, flush: boolean): Steps<boolean> {
  const needbreak = yield* vm.kvm.rwlockNeedbreak(cpu, vm)
  if (!needbreak && !cpu.needResched()) return false
  yield* vm.kvm.nx.flushAndLeaveRcu(cpu, vm, nx, flush)
  yield* vm.kvm.nx.condResched(cpu, vm, nx, side)
  yield* nx.rcu.readLock(cpu)
  return true
}

/** `kvm_mmu_remote_flush_or_zap()`, and only then out of RCU: until here nobody can have freed what was unlinked. */
export function* flushAndLeaveRcu(cpu: Cpu, vm: Vm, nx: Nx, flush: boolean): Steps<void> {
  yield* flushOrZap(cpu, vm, nx, flush)
  yield* nx.rcu.readUnlock(cpu)
}

export function* flushOrZap(cpu: Cpu, vm: Vm, nx: Nx, flush: boolean): Steps<void> {
  const { invalid } = nx.local[cpu.id]!
  if (flush || invalid.length > 0) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_nx_recovery)
  // kvm_mmu_commit_zap_page(): walks of the shadow page tables hold flushes off, so no grace period is needed.
  while (invalid.length > 0) {
    const table = invalid.pop()!
    assertEmptyAtFree(cpu, vm, nx, table)
    yield* nx.free(cpu, table)
  }
}

export function* condReschedOnSide(cpu: Cpu, vm: Vm, nx: Nx, side: Side): Steps<void> {
  assertSide(cpu, nx, side)
  if (side === READ) yield* condReschedRwlockRead(cpu, vm, NO_GFN)
  else yield* condReschedRwlockWrite(cpu, vm, NO_GFN)
}

function* lock(cpu: Cpu, vm: Vm, nx: Nx, side: Side): Steps<void> {
  if (side === READ) yield* vm.mmuLock.readLock(cpu)
  else yield* vm.mmuLock.writeLock(cpu)
  nx.local[cpu.id]!.side = side
}

function* unlock(cpu: Cpu, vm: Vm, nx: Nx, side: Side): Steps<void> {
  assertFlushed(cpu, vm, NO_GFN)
  assertSide(cpu, nx, side)
  if (side === READ) yield* vm.mmuLock.readUnlock(cpu)
  else yield* vm.mmuLock.writeUnlock(cpu)
}
