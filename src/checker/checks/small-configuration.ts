import { COUNTER } from '../../protocols/counters.ts'
import type { Kernel } from '../../protocols/kernel.ts'
import type { Kvm } from '../../protocols/kvm.ts'
import { kernelOf, type Protocol, type SystemSpec } from '../../workers/system.ts'
import type { Configuration } from '../check.ts'
import type { Program } from '../program.ts'
import { type Act, SMALL, vmProgram } from './vm-program.ts'

/** A configuration of a small VM: what each of its actors does. */
export type SmallConfiguration = {
  readonly says: string
  readonly acts: readonly (readonly [string, Act])[]
  /** Run by the first actor alone, before the others start. */
  readonly before?: Act
  /** Counters that must be counted in some interleaving, or the check is empty; they may depend on the functions of the kernel. */
  readonly counts?: readonly CounterName[] | ((kvm: Kvm) => readonly CounterName[])
} & Pick<Configuration, 'patience' | 'isLarge' | 'isLargeFor'>

type CounterName = keyof typeof COUNTER

/** The configurations by name, as a check declares them. */
export const declaredOf = (all: Readonly<Record<string, SmallConfiguration>>): readonly Configuration[] =>
  Object.entries(all).map(([name, { says, acts, patience, isLarge, isLargeFor }]) => ({
    name,
    says,
    actors: acts.map(([actor]) => actor),
    ...(patience === undefined ? {} : { patience }),
    ...(isLarge === undefined ? {} : { isLarge }),
    ...(isLargeFor === undefined ? {} : { isLargeFor }),
  }))

/** A configuration as a program: a small VM that runs a variant, with a CPU for each actor. `system`: what else it has. */
export const smallProgram = (
  variant: string | Kernel,
  { acts, before, counts = [] }: SmallConfiguration,
  system: Pick<SystemSpec, 'vcpus' | 'memslots'> & Partial<SystemSpec>,
): Program => {
  const protocol = variant as Protocol
  const counted = typeof counts === 'function' ? counts(kernelOf({ variant: protocol }).kvm) : counts
  return {
    ...vmProgram({ ...SMALL, variant: protocol, cpus: acts.length, ...system }, acts, before),
    required: counted.map((counter) => ({
      anyOf: [COUNTER[counter]],
      finding: { name: `no ${counter}`, says: `nothing ever counted ${counter}`, value: 0 },
    })),
  }
}
