import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { type AccessPlan, accessesOf } from './accesses.ts'
import { type InvalidationPlan, invalidationsOf } from './invalidations.ts'
import { runNotifier } from './notifier.ts'
import { runVcpu } from './vcpu.ts'
import { runZapper, type ZapPlan } from './zapper.ts'

/** What one CPU of a run does. */
export type RolePlan =
  | { readonly role: 'vcpu'; readonly accesses: AccessPlan; readonly sampleEvery: number }
  | { readonly role: 'notifier'; readonly invalidations: InvalidationPlan; readonly isTimed: boolean }
  | { readonly role: 'zapper'; readonly zap: ZapPlan }

export type RoleName = RolePlan['role']

/** Plays a role until the run is over or there is nothing left to do. Written once, run by every machine. */
export function* runRole(cpu: Cpu, vm: Vm, plan: RolePlan): Steps<void> {
  if (plan.role === 'vcpu') yield* runVcpu(cpu, vm, accessesOf(plan.accesses), plan.sampleEvery)
  else if (plan.role === 'notifier') yield* runNotifier(cpu, vm, invalidationsOf(plan.invalidations), plan.isTimed)
  else yield* runZapper(cpu, vm, plan.zap)
}

/** `vcpu 0`, `notifier 1`: counted within each role. */
export function workerName(roles: readonly RolePlan[], cpu: number): string {
  const { role } = roles[cpu]!
  return `${role} ${roles.slice(0, cpu).filter((other) => other.role === role).length}`
}
