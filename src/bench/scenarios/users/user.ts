import type { MemslotConfig } from '../../../protocols/memslots/memslot.ts'
import type { RolePlan } from '../../../workers/roles.ts'
import type { Parameters, Values } from '../../parameters.ts'
import type { Load, LoadOptions } from '../../scenario.ts'

/** What an additional user of mmu_lock receives from its scenario. */
export type Host<P extends Parameters> = Omit<LoadOptions<P>, 'values'> & {
  readonly values: Values<P>
  /** The guest's memory. */
  readonly memory: MemslotConfig
}

/** A user of mmu_lock that any scenario can add to its roles. */
export type MmuLockUser<P extends Parameters = Parameters> = {
  /** One of them is the number of workers: 0 by default, which leaves the scenario unchanged. */
  readonly parameters: P
  /** A CPU for each. */
  readonly roles: (host: Host<P>) => readonly RolePlan[]
  /** The additional properties of the VM. */
  readonly system?: (host: Host<P>) => Partial<Load['system']>
}

/** Returns its argument, so that the compiler holds its functions to its own parameters; these it keeps, so that users fit in a list. */
export const mmuLockUser = <const P extends Parameters>(
  declared: MmuLockUser<P>,
): MmuLockUser & { readonly parameters: P } => declared as unknown as MmuLockUser & { readonly parameters: P }
