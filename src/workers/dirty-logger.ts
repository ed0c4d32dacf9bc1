import { HISTOGRAM } from '../protocols/counters.ts'
import { clearDirtyLog, getDirtyLog } from '../protocols/dirty-log/protect.ts'
import { startDirtyLog, stopDirtyLog } from '../protocols/dirty-log/start-stop.ts'
import { prefault } from '../protocols/fault.ts'
import { Fault, FIXED, SPURIOUS } from '../protocols/page-fault.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** The actions of a VMM that migrates its guest, as data that can be sent to a worker. */
export type DirtyLogPlan = {
  /** How often it reads the log between start and stop. */
  readonly rounds: number
  /** Pages of one KVM_CLEAR_DIRTY_LOG. */
  readonly clearPages: number
  /** Before each time it asks, and between a stop and the next start. */
  readonly pauseNs: number
  /** KVM_PRE_FAULT_MEMORY in steps of this many pages before each start, so that there are pages to protect; 0: none. */
  readonly populateStep: number
}

const POPULATE_BACKOFF_NS = 20_000

/** The role of a VMM that migrates its guest, over and over: starts the log, asks for it and has it cleared, and stops it. */
export function* runDirtyLogger(cpu: Cpu, vm: Vm, plan: DirtyLogPlan, isTimed: boolean): Steps<void> {
  while (cpu.running()) {
    if (plan.populateStep > 0) yield* populate(cpu, vm, plan.populateStep)
    let beganNs = isTimed ? cpu.now() : 0
    yield* startDirtyLog(cpu, vm)
    if (isTimed) cpu.record(HISTOGRAM.dirty_log_start_ns, cpu.now() - beganNs)
    for (let round = 0; round < plan.rounds && cpu.running(); round += 1) yield* ask(cpu, vm, plan, isTimed)
    beganNs = isTimed ? cpu.now() : 0
    yield* stopDirtyLog(cpu, vm)
    if (isTimed) cpu.record(HISTOGRAM.dirty_log_stop_ns, cpu.now() - beganNs)
    if (plan.pauseNs > 0) yield* cpu.untilTime(cpu.now() + plan.pauseNs)
  }
}

function* ask(cpu: Cpu, vm: Vm, plan: DirtyLogPlan, isTimed: boolean): Steps<void> {
  if (plan.pauseNs > 0) yield* cpu.untilTime(cpu.now() + plan.pauseNs)
  let beganNs = isTimed ? cpu.now() : 0
  yield* getDirtyLog(cpu, vm)
  if (isTimed) cpu.record(HISTOGRAM.dirty_log_get_ns, cpu.now() - beganNs)
  const { config, pages } = vm.dirtyLog!
  if (!config.isManual) return
  for (let first = 0; first < pages; first += plan.clearPages) {
    beganNs = isTimed ? cpu.now() : 0
    yield* clearDirtyLog(cpu, vm, first, plan.clearPages)
    if (isTimed) cpu.record(HISTOGRAM.dirty_log_clear_ns, cpu.now() - beganNs)
  }
}

function* populate(cpu: Cpu, vm: Vm, step: number): Steps<void> {
  const fault = new Fault()
  const { baseGfn, pages } = vm.dirtyLog!
  for (let page = 0; page < pages && cpu.running(); ) {
    fault.begin((baseGfn + page) as Gfn, false)
    const idx = yield* vm.srcu.readLock(cpu)
    const result = yield* prefault(cpu, vm, fault)
    yield* vm.srcu.readUnlock(cpu, idx)
    if (result === FIXED || result === SPURIOUS) page += step
    // Another worker has mmu_lock, or invalidates: out of its way for a while.
    else yield* cpu.untilTime(cpu.now() + POPULATE_BACKOFF_NS)
  }
}
