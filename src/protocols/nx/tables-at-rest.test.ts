import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NONPRESENT, X } from '../../shared-memory/page-tables/spte.ts'
import type { Kernel } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { type Act, inTurn } from '../testing.contract.ts'
import type { NxConfig } from '../vm-config.ts'
import { tdpMmuZapLeafs } from '../zap.ts'
import { SHADOW, TDP } from './mmu-pages.ts'
import { assertAllowed, assertEmptyAtFree, assertNextRoot, assertRole, roleAfter } from './oracles.ts'
import {
  changesRole,
  executes,
  inGuest,
  leavesGuest,
  NxVm,
  nested,
  own,
  reclaims,
  recovers,
  small,
  unmaps,
  withFunctions,
  writesTo,
} from './testing.contract.ts'

const LEAVES_ROOTS: Partial<NxConfig> = { roots: 2, keepsRoots: false }

function after(act: Act, kernel: Kernel = V6_18, nx: Partial<NxConfig> = {}): NxVm {
  const vm = new NxVm([act], kernel, nx)
  vm.stage.run(0)
  assert.ok(vm.stage.finish())
  return vm
}

/** How many tables have been handed to free. */
const freed = ({ nx, stage }: NxVm): number =>
  Array.from({ length: nx.capacity }, (_, table) => stage.valueOf(nx.pages.generation(table))).reduce((a, b) => a + b)

test('a root that its last vCPU leaves is freed with all page tables below it', () => {
  const vm = after(inTurn(writesTo(small(0)), changesRole, reclaims), V6_18, LEAVES_ROOTS)
  assert.equal(freed(vm), 4)
  assert.deepEqual([...vm.violations, ...vm.violationsAtRest], [])
})

test('page tables are used again, those of the shadow MMU by the TDP MMU too, and none is lost', () => {
  const round = inTurn(inGuest(own(0), X), inGuest(nested(0), X), leavesGuest, recovers(), unmaps(nested(0), 2))
  const vm = after(inTurn(...Array.from({ length: 100 }, () => round)))
  assert.ok(freed(vm) > vm.nx.capacity)
  assert.deepEqual([...vm.violations, ...vm.violationsAtRest], [])
})

test('a page table that is torn down and not freed is reported', () => {
  const kernel = withFunctions({ *tdpMmuFreeSp() {} })
  assert.deepEqual(after(inTurn(executes(own(0)), recovers()), kernel).violationsAtRest, ['page_table_leak'])
})

test('a page table that is freed twice is noticed', () => {
  const kernel = withFunctions({
    *tdpMmuFreeSp(cpu, vm, table) {
      yield* vm.nx!.free(cpu, table)
      yield* vm.nx!.free(cpu, table)
    },
  })
  assert.ok(after(inTurn(executes(own(0)), recovers()), kernel).violations.includes('page_table_twice'))
})

test('a walk that leaves RCU is suspicious, and so is a CPU that never does', () => {
  const kernel = withFunctions({
    *tdpMmuZapLeafs(cpu, vm, root, start, end, canYield, flush) {
      yield* vm.nx!.rcu.readUnlock(cpu)
      return yield* tdpMmuZapLeafs(cpu, vm, root, start, end, canYield, flush)
    },
  })
  const vm = after(inTurn(writesTo(small(0)), unmaps(small(0), 1)), kernel)
  assert.ok(vm.violations.includes('suspicious_rcu_usage'))
  assert.deepEqual(vm.violationsAtRest, ['rcu_left_held'])
})

test('a reference to a root that is not dropped is counted', () => {
  const act: Act = (cpu, vm) => vm.nx!.roots.get(cpu, 0)
  assert.deepEqual(after(act).violationsAtRest, ['root_count_wrong'])
})

test('a vCPU that is given a root of its old role is noticed', () => {
  const stays: Act = function* (cpu, vm) {
    assertRole(cpu, vm.nx!, 0, roleAfter(cpu, vm.nx!, 0, 1))
  }
  assert.deepEqual(after(stays, V6_18, { roots: 2 }).violations, ['root_wrong_role'])
})

test('a huge page that takes the place of small ones that were not recovered is noticed', () => {
  const replaces: Act = function* (cpu, vm) {
    assertAllowed(cpu, vm.nx!, cpu.peek(vm.nx!.lists[TDP].first))
  }
  assert.deepEqual(after(inTurn(executes(own(0)), replaces)).violations, ['nx_bounce'])
})

test('a walk over the roots that comes back to one is noticed', () => {
  const comesBack: Act = function* (cpu, vm) {
    assertNextRoot(cpu, vm.nx!, 0, 0)
  }
  assert.deepEqual(after(comesBack, V6_18, { roots: 2 }).violations, ['zap_no_progress'])
})

test('a page table that is free and in use at the same time is noticed', () => {
  const frees: Act = function* (cpu, vm) {
    yield* vm.tables.topup(cpu)
    yield* vm.nx!.freed.push(cpu, vm.tables.take(cpu))
  }
  assert.deepEqual(after(frees).violationsAtRest, ['page_table_twice'])
})

test('a page of the shadow MMU that is freed with an entry in it is noticed', () => {
  const frees: Act = function* (cpu, vm) {
    assertEmptyAtFree(cpu, vm, vm.nx!, cpu.peek(vm.nx!.lists[SHADOW].first))
  }
  assert.deepEqual(after(inTurn(executes(nested(0)), frees)).violations, ['spte_at_free'])
})

test('a reverse map that outlives its entry dangles', () => {
  const forgets: Act = function* (cpu, vm) {
    yield* cpu.store((yield* cpu.read(vm.rmap(nested(0) - own(0)))) as never, NONPRESENT)
  }
  assert.deepEqual(after(inTurn(executes(nested(0)), forgets)).violationsAtRest, ['rmap_dangling'])
})
