import type { Names } from './changes.ts'
import {
  ENTRIES,
  type EntryName,
  namesOfRole,
  originalOf,
  ROLES,
  type RoleOfEntries,
  type VmOf,
} from './replace-role-path.ts'
import { functionOf, type Source } from './source.ts'
import { boolean, CPU, fraction, known, number, Unknown, type Value } from './values.ts'

type Entry = { readonly name: EntryName; readonly source: Source; readonly args: readonly Value[] }

/** The functions of a role that are compiled, and what they work on. */
export type RolePath = {
  /** What the role makes for itself besides the VM, as it makes it. */
  readonly made: { readonly fault?: object; readonly stopwatch?: object }
  readonly entries: readonly Entry[]
  /** The functions of the kernel, and those of all entries as they are in JavaScript, with the names that lead to them. */
  readonly functions: readonly (readonly [unknown, Names])[]
}

/** Undefined: no vCPU runs on this CPU, or not in the opened build. */
export function rolePathOf(vm: object, runRole: unknown, cpu: number, role: RoleOfEntries): RolePath | undefined {
  const names = namesOfRole(runRole, role)
  if (names === undefined) return undefined
  const functions = functionsOf(vm, runRole)
  const of = (name: EntryName, ...args: readonly Value[]) => ({
    name,
    source: functionOf(originalOf(names[name]))!,
    args,
  })
  const ofVm = [known(CPU), known(vm)]
  const [a, b, flag] = [number([]), number([]), boolean([])]
  if (role === 'notifier') {
    const entries = [
      of('raiseStart', ...ofVm, a, b, flag),
      of('changePrimaryMmu', ...ofVm, a, b),
      of('raiseEnd', ...ofVm, a, b, flag, flag),
    ]
    return { made: {}, entries, functions }
  }
  if (role !== 'vcpu') return { made: {}, entries: ENTRIES[role].map((name) => of(name, ...ofVm, a, b)), functions }
  const vcpu = (vm as VmOf).vcpus[cpu]
  if (vcpu === undefined) return undefined
  const fault = new (names.Fault as new () => object)()
  const stopwatch = new Unknown()
  const ofFault = [...ofVm, known(vcpu), known(fault), known(stopwatch)]
  const entries = [
    of('accessGuestMemory', ...ofVm, known(vcpu), a, b),
    of('resolve', ...ofFault),
    of('untimedStep', ...ofFault, a, b, fraction([])),
  ]
  return { made: { fault, stopwatch }, entries, functions }
}

function functionsOf(vm: object, runRole: unknown): RolePath['functions'] {
  const ofRoles = Object.entries(ROLES).flatMap(([role, run]) => {
    const names = namesOfRole(runRole, role as RoleOfEntries)!
    return ENTRIES[role as RoleOfEntries].map((name) => [originalOf(names[name]), ['runRole', run, name]] as const)
  })
  return [...ofRoles, ...Object.entries((vm as VmOf).kvm).map(([name, each]) => [each, ['kvm', name]] as const)]
}
