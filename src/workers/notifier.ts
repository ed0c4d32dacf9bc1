import { assertUnmapped } from '../protocols/assertions.ts'
import { COUNTER, HISTOGRAM } from '../protocols/counters.ts'
import { prefault } from '../protocols/fault.ts'
import { NO_MEMSLOT } from '../protocols/memslots/memslot.ts'
import type { MemslotUpdates } from '../protocols/memslots/updates.ts'
import { raiseEnd, raiseStart } from '../protocols/mmu-notifier.ts'
import { Fault, FIXED, SPURIOUS } from '../protocols/page-fault.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Gfn, Hva } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type { Invalidations } from './invalidations.ts'
import { publish, publishStart, untilTurn } from './pace.ts'

const POPULATE_BACKOFF_NS = 20_000
const OVERLAP_LOOK_NS = 5000

/**
 * The role of a task of the host that changes the primary MMU under a guest: NUMA balancing, KSM, compaction, madvise. It
 * raises the notifier, moves the pages, and ends the notifier.
 */
export function* runNotifier(cpu: Cpu, vm: Vm, invalidations: Invalidations, isTimed: boolean): Steps<void> {
  const fault = new Fault()
  const { pace } = invalidations
  let paceNs = 0
  while (cpu.running() && invalidations.next()) {
    yield* letUpdateThrough(cpu, vm)
    const { start, end } = invalidations
    if (invalidations.populate) yield* populate(cpu, vm, start, end, fault)
    if (pace !== undefined) paceNs = yield* untilTurn(cpu, vm, pace, invalidations.index, paceNs, invalidations.atNs)
    else if (invalidations.atNs >= 0) yield* cpu.untilTime(invalidations.atNs)
    else if (invalidations.pauseNs > 0) yield* cpu.untilTime(cpu.now() + invalidations.pauseNs)

    const beganNs = isTimed ? cpu.now() : 0
    yield* invalidate(cpu, vm, invalidations)
    if (isTimed) cpu.record(HISTOGRAM.invalidation_latency_ns, cpu.now() - beganNs)
  }
}

/** The pair, and between its halves the change that it announces. */
function* invalidate(cpu: Cpu, vm: Vm, invalidations: Invalidations): Steps<void> {
  const { start, end, isBlockable, isNested, dwellNs } = invalidations
  const mmapLock = vm.updates?.lifetime?.mmapLock
  if (mmapLock !== undefined) yield* mmapLock.readLock(cpu)
  if (invalidations.pace !== undefined) yield* publishStart(cpu, vm, invalidations.index)
  const outer = yield* raiseStart(cpu, vm, start, end, isBlockable)
  // The removed pages can fault from now on, although they cannot be mapped yet.
  if (invalidations.pace !== undefined) yield* publish(cpu, vm, invalidations.index + 1, !invalidations.pace.hasCore)
  let inner = false
  if (isNested) inner = yield* raiseStart(cpu, vm, start, end, isBlockable)
  const idx = yield* vm.srcu.readLock(cpu)
  yield* changePrimaryMmu(cpu, vm, start, end)
  yield* vm.srcu.readUnlock(cpu, idx)
  if (dwellNs > 0) yield* cpu.untilTime(cpu.now() + dwellNs)
  if (invalidations.overlaps && vm.updates !== undefined) yield* untilAnotherBegins(cpu, vm.updates)
  yield* raiseEnd(cpu, vm, start, end, isBlockable, inner)
  yield* raiseEnd(cpu, vm, start, end, isBlockable, outer)
  if (mmapLock !== undefined) yield* mmapLock.readUnlock(cpu)
}

/** Load that never leaves a moment without a notifier: starts are counted, and this one waits for the next. */
function* untilAnotherBegins(cpu: Cpu, { starts }: MemslotUpdates): Steps<void> {
  const own = yield* cpu.add(starts, 1)
  for (;;) {
    const now = yield* cpu.load(starts)
    if (now !== own + 1 || cpu.signalPending()) return
    yield* cpu.untilTime(cpu.now() + OVERLAP_LOOK_NS)
  }
}

/** An update that waits for a moment without notifiers may wait forever; once the run is over, they stop for it. */
function* letUpdateThrough(cpu: Cpu, vm: Vm): Steps<void> {
  if (vm.updates !== undefined && cpu.signalPending()) yield* cpu.untilEqual(vm.mnMemslotsUpdateRcuwait.task, 0)
}

/** Between start and end the pages are the task's: none is mapped, none can be. */
function* changePrimaryMmu(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<void> {
  let slot = yield* vm.memslots.nextOverlapping(cpu, NO_MEMSLOT, start, end)
  while (slot !== NO_MEMSLOT) {
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    assertUnmapped(cpu, vm, first, last)
    const page = yield* vm.memslots.hostPage(cpu, slot, first)
    yield* vm.host.migrate(cpu, page, last - first)
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
}

/** KVM_PRE_FAULT_MEMORY for the pages of the range. */
function* populate(cpu: Cpu, vm: Vm, start: Hva, end: Hva, fault: Fault): Steps<void> {
  let slot = yield* vm.memslots.nextOverlapping(cpu, NO_MEMSLOT, start, end)
  while (slot !== NO_MEMSLOT) {
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    let gfn = yield* vm.memslots.firstGfn(cpu, slot, start)
    while (gfn < last) {
      fault.begin(gfn, false)
      const result = yield* prefault(cpu, vm, fault)
      if (result === FIXED) cpu.count(COUNTER.pages_populated, 1)
      if (result === FIXED || result === SPURIOUS) {
        gfn = (gfn + 1) as Gfn
        continue
      }
      if (cpu.signalPending()) return
      // Another worker has mmu_lock, or invalidates: out of its way for a while.
      yield* cpu.untilTime(cpu.now() + POPULATE_BACKOFF_NS)
    }
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
}
