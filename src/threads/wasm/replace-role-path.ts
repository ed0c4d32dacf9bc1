import { W } from '../../shared-memory/page-tables/spte.ts'
import type { Scope } from './source.ts'

// Separate from the compiler, which a worker does not load.

/**
 * The functions of a role that are compiled, with all that they call. Of a vCPU: an access of the guest, the fault that it is, and both as
 * one step, which most accesses are. Of a task that invalidates: the start, the change that it announces, and the end. Of a zapper: a
 * piece of its region.
 */
export const ENTRIES = {
  vcpu: ['accessGuestMemory', 'resolve', 'untimedStep'],
  notifier: ['raiseStart', 'changePrimaryMmu', 'raiseEnd'],
  zap: ['zapPiece'],
  wrprot: ['wrprotPiece'],
} as const
export type RoleOfEntries = keyof typeof ENTRIES
export type EntryName = (typeof ENTRIES)[RoleOfEntries][number]

/** The functions that play them, which `runRole` calls. */
export const ROLES = { vcpu: 'runVcpu', notifier: 'runNotifier', zap: 'runZapper', wrprot: 'runZapper' } as const

export type VmOf = { readonly vcpus: readonly object[]; readonly kvm: object }
type Functions = Readonly<Record<string, unknown>>
type Scoped = { readonly $scope?: Scope }

/** The functions in JavaScript behind those that were put into their place. */
const originals = new WeakMap<object, object>()
export const originalOf = (callable: unknown): Scoped => originals.get(callable as object) ?? (callable as Scoped)

/** The names of the module in which a role is declared. */
export const namesOfRole = (runRole: unknown, role: RoleOfEntries): Functions | undefined =>
  ((runRole as Scoped).$scope?.()[ROLES[role]] as Scoped | undefined)?.$scope?.()

/** Booleans become 0 and 1. */
type Compiled = (...args: (number | boolean)[]) => unknown
type Access = (cpu: unknown, vm: unknown, vcpu: unknown, gfn: number, access?: number) => unknown
type Resolve = (cpu: unknown, vm: unknown, vcpu: unknown, fault: object, stopwatch: unknown) => unknown
type Step = (...args: [...Parameters<Resolve>, gfn: number, kind: number, mapUnits: number]) => unknown

type Raise = (cpu: unknown, vm: unknown, start: number, end: number, mayBlock?: boolean, wasCalled?: boolean) => unknown
type Piece = (cpu: unknown, vm: unknown, start: number, end: number) => unknown

/** What is compiled, and for whom. */
type Replacement = {
  readonly compiled: Partial<Readonly<Record<EntryName, Compiled>>>
  readonly role: RoleOfEntries
  readonly vm: object
  readonly cpu: number
  /** The fault of the vCPU is another than the last time. */
  readonly begin: (fault: object, stopwatch: unknown) => void
}

/**
 * Puts compiled functions into the place of those that a role calls. They are of one VM and one CPU; for all others the function in
 * JavaScript is called as before.
 */
export function replaceRolePath({ compiled, role, vm, cpu, begin }: Replacement, runRole: unknown): void {
  const names = namesOfRole(runRole, role)!
  const replace = <T>(name: EntryName, by: (run: Compiled, otherwise: T) => T) => {
    const run = compiled[name]
    if (run === undefined) return
    const original = originalOf(names[name])
    const replaced = by(run, original as T)
    originals.set(replaced as object, original)
    original.$scope!.replace![name]!(replaced)
  }
  replace<Raise>('raiseStart', (run, otherwise) => (on, of, start, end, mayBlock = true) => {
    return of === vm ? run(start, end, mayBlock) : otherwise(on, of, start, end, mayBlock)
  })
  for (const name of ['changePrimaryMmu', 'zapPiece', 'wrprotPiece'] as const) {
    replace<Piece>(name, (run, otherwise) => (on, of, start, end) => {
      return of === vm ? run(start, end) : otherwise(on, of, start, end)
    })
  }
  replace<Raise>('raiseEnd', (run, otherwise) => (on, of, start, end, mayBlock = true, wasCalled = true) => {
    return of === vm ? run(start, end, mayBlock, wasCalled) : otherwise(on, of, start, end, mayBlock, wasCalled)
  })
  const vcpu = (vm as VmOf).vcpus[cpu]
  let own: object | undefined
  const beginWith = (fault: object, stopwatch: unknown) => {
    if (own === fault) return
    own = fault
    begin(fault, stopwatch)
  }
  replace<Access>('accessGuestMemory', (run, otherwise) => (on, of, ofVcpu, gfn, access = W) => {
    return of === vm && ofVcpu === vcpu ? run(gfn, access) : otherwise(on, of, ofVcpu, gfn, access)
  })
  replace<Resolve>('resolve', (run, otherwise) => (on, of, ofVcpu, fault, stopwatch) => {
    if (of !== vm || ofVcpu !== vcpu) return otherwise(on, of, ofVcpu, fault, stopwatch)
    beginWith(fault, stopwatch)
    return run()
  })
  replace<Step>('untimedStep', (run, otherwise) => (on, of, ofVcpu, fault, stopwatch, gfn, kind, mapUnits) => {
    if (of !== vm || ofVcpu !== vcpu) return otherwise(on, of, ofVcpu, fault, stopwatch, gfn, kind, mapUnits)
    beginWith(fault, stopwatch)
    return run(gfn, kind, mapUnits)
  })
}
