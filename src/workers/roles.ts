import { HISTOGRAM } from '../protocols/counters.ts'
import type { Vm } from '../protocols/vm.ts'
import { isStage2, type Stage2Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { type AccessPlan, accessesOf } from './accesses.ts'
import { type AgingPlan, runAger } from './ager.ts'
import { type MigrationPlan, runApicMigrator } from './apic-migrator.ts'
import { type ConversionPlan, runConverter } from './converter.ts'
import { type DirtyLogPlan, runDirtyLogger } from './dirty-logger.ts'
import { runScaling } from './fault-scaling.ts'
import { type GuestIcachePlan, runGuestIcache } from './guest-icache.ts'
import { type InvalidationPlan, invalidationsOf } from './invalidations.ts'
import { type MemslotUpdatePlan, runMemslotUpdater } from './memslot-updater.ts'
import { runNotifier } from './notifier.ts'
import { type RecoveryPlan, runNxRecovery } from './nx-recovery.ts'
import { type PfnCachePlan, runPfnCacheUser } from './pfncache-user.ts'
import { runGuest } from './running-guest.ts'
import type { ScalingPlan } from './scaling-plan.ts'
import { runStage2Vcpu, type Stage2VcpuPlan } from './stage2-vcpu.ts'
import { runUffdReader } from './userfaultfd.ts'
import { runVcpu } from './vcpu.ts'
import { runTeardown, type TeardownPlan } from './vm-teardown.ts'
import { runZapper, type ZapPlan } from './zapper.ts'

/** The role of one CPU in a run. */
export type RolePlan =
  | { readonly role: 'vcpu'; readonly accesses: AccessPlan; readonly sampleEvery: number }
  | { readonly role: 'notifier'; readonly invalidations: InvalidationPlan; readonly isTimed: boolean }
  | { readonly role: 'zapper'; readonly zap: ZapPlan }
  | { readonly role: 'memslot-updater'; readonly updates: MemslotUpdatePlan; readonly isTimed: boolean }
  /** A vCPU on a stage-2 table; a neighbour is one of another VM on the same machine. */
  | { readonly role: 'stage2-vcpu' | 'neighbour'; readonly guest: Stage2VcpuPlan }
  | { readonly role: 'nx-recovery'; readonly recovery: RecoveryPlan }
  | { readonly role: 'guest-icache'; readonly icache: GuestIcachePlan }
  | { readonly role: 'scaler'; readonly scaling: ScalingPlan }
  | { readonly role: 'running-guest' }
  | { readonly role: 'uffd-reader' }
  /** A vCPU of another VM on the same machine. */
  | { readonly role: 'neighbour-vcpu'; readonly vm: number; readonly vcpu: number; readonly accesses: AccessPlan }
  | { readonly role: 'vm-teardown'; readonly teardown: TeardownPlan; readonly isTimed: boolean }
  | { readonly role: 'pfncache-user'; readonly caches: PfnCachePlan }
  | { readonly role: 'dirty-logger'; readonly log: DirtyLogPlan; readonly isTimed: boolean }
  | { readonly role: 'apic-migrator'; readonly migration: MigrationPlan; readonly isTimed: boolean }
  | { readonly role: 'ager'; readonly aging: AgingPlan; readonly isTimed: boolean }
  | { readonly role: 'converter'; readonly conversion: ConversionPlan; readonly isTimed: boolean }

export type RoleName = RolePlan['role']

/** Plays a role until the run is over or there is nothing left to do. Written once, run by every machine. */
export function* runRole(cpu: Cpu, vm: Vm, plan: RolePlan): Steps<void> {
  if (plan.role === 'vcpu') yield* runVcpu(cpu, vm, accessesOf(plan.accesses), plan.sampleEvery)
  else if (plan.role === 'notifier') yield* runNotifier(cpu, vm, invalidationsOf(plan.invalidations), plan.isTimed)
  else if (plan.role === 'zapper') yield* runZapper(cpu, vm, plan.zap)
  else if (plan.role === 'apic-migrator') yield* runApicMigrator(cpu, vm, plan.migration, plan.isTimed)
  else if (plan.role === 'memslot-updater') yield* runMemslotUpdater(cpu, vm, plan.updates, plan.isTimed)
  else if (plan.role === 'nx-recovery') yield* runNxRecovery(cpu, vm, plan.recovery)
  else if (plan.role === 'neighbour-vcpu')
    yield* runVcpu(cpu, vmOf(vm, plan.vm), accessesOf(plan.accesses), 0, plan.vcpu)
  else if (plan.role === 'vm-teardown') yield* runTeardown(cpu, vmOf(vm, plan.teardown.vm), plan.teardown, plan.isTimed)
  else if (plan.role === 'pfncache-user') yield* runPfnCacheUser(cpu, vm, plan.caches)
  else if (plan.role === 'dirty-logger') yield* runDirtyLogger(cpu, vm, plan.log, plan.isTimed)
  else if (plan.role === 'scaler') yield* runScaling(cpu, vm, plan.scaling)
  else if (plan.role === 'converter') yield* runConverter(cpu, vm, plan.conversion, plan.isTimed)
  else if (plan.role === 'ager') yield* runAger(cpu, vm, plan.aging, plan.isTimed)
  else if (plan.role === 'guest-icache') yield* runGuestIcache(cpu, plan.icache)
  else if (plan.role === 'running-guest') yield* runGuest(cpu, vm)
  else if (plan.role === 'uffd-reader') yield* runUffdReader(cpu, vm)
  else yield* runStage2Vcpu(cpu, stage2VmOf(vm, plan.guest.vm), plan.guest, LATENCY_OF[plan.role])
}

/** The latency histograms for faults of our own VM, and for those of other VMs that it affects. */
const LATENCY_OF = {
  'stage2-vcpu': HISTOGRAM.fault_latency_ns,
  neighbour: HISTOGRAM.neighbour_fault_latency_ns,
}

function vmOf(first: Vm, index: number): Vm {
  const vm = index === 0 ? first : first.neighbours[index - 1]
  if (vm === undefined) throw new RangeError(`there is no VM ${index}`)
  return vm
}

function stage2VmOf(first: Vm, index: number): Stage2Vm {
  const vm = vmOf(first, index)
  if (!isStage2(vm)) throw new RangeError(`there is no VM ${index} with a stage-2 table`)
  return vm
}

/** `vcpu 0`, `notifier 1`: counted within each role. */
export function workerName(roles: readonly RolePlan[], cpu: number): string {
  const { role } = roles[cpu]!
  return `${role} ${roles.slice(0, cpu).filter((other) => other.role === role).length}`
}
