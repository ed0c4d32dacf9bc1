import type { MemslotConfig } from '../../../protocols/memslots/memslot.ts'
import type { RolePlan } from '../../../workers/roles.ts'
import type { Parameters, Values } from '../../parameters.ts'
import type { Load, LoadOptions } from '../../scenario.ts'

/** What a further user of mmu_lock receives from its scenario. */
export type Host<P extends Parameters> = Omit<LoadOptions<P>, 'values'> & {
  readonly values: Values<P>
  /** The guest's memory. */
  readonly memory: MemslotConfig
}

/** A user of mmu_lock that any scenario can have besides its own roles. */
export type MmuLockUser<P extends Parameters = Parameters> = {
  /** One of them says how many there are: 0 by default, so that a scenario is what it was without them. */
  readonly parameters: P
  /** A CPU for each. */
  readonly roles: (host: Host<P>) => readonly RolePlan[]
  /** What the VM has only because of them. */
  readonly system?: (host: Host<P>) => Partial<Load['system']>
}

/** Returns its argument, so that the compiler holds its functions to its own parameters; these it keeps, so that users fit in a list. */
export const mmuLockUser = <const P extends Parameters>(
  declared: MmuLockUser<P>,
): MmuLockUser & { readonly parameters: P } => declared as unknown as MmuLockUser & { readonly parameters: P }
