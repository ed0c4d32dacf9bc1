import type { Names } from './changes.ts'
import { ENTRIES, type EntryName, namesOfRole, originalOf, type VmOf } from './replace-fault-path.ts'
import { functionOf, type Source } from './source.ts'
import { CPU, known, number, Unknown, type Value } from './values.ts'

type Entry = { readonly name: EntryName; readonly source: Source; readonly args: readonly Value[] }

export type FaultPath = {
  /** As the role makes one. */
  readonly fault: object
  readonly stopwatch: object
  readonly entries: readonly Entry[]
  /** The functions of the kernel, and those of the entries as they are in JavaScript, with the names that lead to them. */
  readonly functions: readonly (readonly [unknown, Names])[]
}

/** Undefined: no vCPU runs on this CPU, or not in the opened build. */
export function faultPathOf(vm: object, runRole: unknown, cpu: number): FaultPath | undefined {
  const { vcpus, kvm } = vm as VmOf
  const vcpu = vcpus[cpu]
  const names = namesOfRole(runRole)
  if (vcpu === undefined || names === undefined) return undefined
  const fault = new (names.Fault as new () => object)()
  const of = (name: EntryName, args: readonly Value[]) => ({ name, source: functionOf(originalOf(names[name]))!, args })
  const stopwatch = new Unknown()
  const ofVcpu = [known(CPU), known(vm), known(vcpu)]
  const ofFault = [...ofVcpu, known(fault), known(stopwatch)]
  const gfnAndKind = [number([]), number([])]
  return {
    fault,
    stopwatch,
    entries: [
      of('accessGuestMemory', [...ofVcpu, ...gfnAndKind]),
      of('resolve', ofFault),
      of('untimedStep', [...ofFault, ...gfnAndKind, { kind: 'fraction', code: [] }]),
    ],
    functions: [
      ...ENTRIES.map((name) => [originalOf(names[name]), ['runRole', 'runVcpu', name]] as const),
      ...Object.entries(kvm).map(([name, each]) => [each, ['kvm', name]] as const),
    ],
  }
}
