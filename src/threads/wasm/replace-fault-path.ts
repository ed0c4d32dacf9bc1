import { W } from '../../shared-memory/page-tables/spte.ts'
import type { Scope } from './source.ts'

// Separate from the compiler, which a worker does not load.

/**
 * The functions of a vCPU's role that are compiled, with all that they call: an access of the guest, the fault that it is, and both as
 * one step, which most accesses are.
 */
export const ENTRIES = ['accessGuestMemory', 'resolve', 'untimedStep'] as const
export type EntryName = (typeof ENTRIES)[number]

export type VmOf = { readonly vcpus: readonly object[]; readonly kvm: object }
type Functions = Readonly<Record<string, unknown>>
type Scoped = { readonly $scope?: Scope }

/** The functions in JavaScript behind those that were put into their place. */
const originals = new WeakMap<object, object>()
export const originalOf = (callable: unknown): Scoped => originals.get(callable as object) ?? (callable as Scoped)

/** The names of the module in which a vCPU's role is declared, which `runRole` calls. */
export const namesOfRole = (runRole: unknown): Functions | undefined =>
  ((runRole as Scoped).$scope?.().runVcpu as Scoped | undefined)?.$scope?.()

type Compiled = (...args: number[]) => unknown
type Access = (cpu: unknown, vm: unknown, vcpu: unknown, gfn: number, access?: number) => unknown
type Resolve = (cpu: unknown, vm: unknown, vcpu: unknown, fault: object, stopwatch: unknown) => unknown
type Step = (...args: [...Parameters<Resolve>, gfn: number, kind: number, mapUnits: number]) => unknown

/**
 * Puts compiled functions into the place of those that a role calls. They are of one VM and one vCPU; for all others the
 * function in JavaScript is called as before. `begin`: the fault is another than the last time.
 */
export function replaceFaultPath(
  compiled: Partial<Readonly<Record<EntryName, Compiled>>>,
  vm: object,
  cpu: number,
  runRole: unknown,
  begin: (fault: object, stopwatch: unknown) => void,
): void {
  const names = namesOfRole(runRole)!
  const vcpu = (vm as VmOf).vcpus[cpu]
  const replace = (name: EntryName, by: unknown) => {
    const original = originalOf(names[name])
    originals.set(by as object, original)
    original.$scope!.replace![name]!(by)
  }
  let own: object | undefined
  const beginWith = (fault: object, stopwatch: unknown) => {
    if (own === fault) return
    own = fault
    begin(fault, stopwatch)
  }
  const { accessGuestMemory, resolve, untimedStep } = compiled
  if (accessGuestMemory !== undefined) {
    const otherwise = originalOf(names.accessGuestMemory) as Access
    replace('accessGuestMemory', ((cpu, ofVm, ofVcpu, gfn, access = W) => {
      return ofVm === vm && ofVcpu === vcpu ? accessGuestMemory(gfn, access) : otherwise(cpu, ofVm, ofVcpu, gfn, access)
    }) satisfies Access)
  }
  if (resolve !== undefined) {
    const otherwise = originalOf(names.resolve) as Resolve
    replace('resolve', ((cpu, ofVm, ofVcpu, fault, stopwatch) => {
      if (ofVm !== vm || ofVcpu !== vcpu) return otherwise(cpu, ofVm, ofVcpu, fault, stopwatch)
      beginWith(fault, stopwatch)
      return resolve()
    }) satisfies Resolve)
  }
  if (untimedStep !== undefined) {
    const otherwise = originalOf(names.untimedStep) as Step
    replace('untimedStep', ((cpu, ofVm, ofVcpu, fault, stopwatch, gfn, kind, mapUnits) => {
      if (ofVm !== vm || ofVcpu !== vcpu) return otherwise(cpu, ofVm, ofVcpu, fault, stopwatch, gfn, kind, mapUnits)
      beginWith(fault, stopwatch)
      return untimedStep(gfn, kind, mapUnits)
    }) satisfies Step)
  }
}
