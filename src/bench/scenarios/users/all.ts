import type { MemslotConfig } from '../../../protocols/memslots/memslot.ts'
import type { Parameters } from '../../parameters.ts'
import type { Load, LoadOptions } from '../../scenario.ts'
import { AGING } from './aging.ts'
import { ATTRIBUTES } from './attributes.ts'
import { DIRTY_LOG } from './dirty-log.ts'
import { PFNCACHE } from './pfncache.ts'
import { SEQ_START } from './seq-start.ts'
import type { Host, MmuLockUser } from './user.ts'
import { VMS } from './vms.ts'

/** Every further user of mmu_lock: a file beside this one each, and a line here. */
const USERS: readonly MmuLockUser[] = [AGING, ATTRIBUTES, DIRTY_LOG, PFNCACHE, SEQ_START, VMS]

/** The parameters of all of them, for the scenario that has them. */
export const USER_PARAMETERS: Parameters = Object.assign({}, ...USERS.map(({ parameters }) => parameters))

/** The load of a scenario with those users that its parameters ask for; `memory` is the guest's. */
export function withUsers<P extends Parameters>(load: Load, options: LoadOptions<P>, memory: MemslotConfig): Load {
  const host = { ...options, memory } as Host<Parameters>
  return {
    ...load,
    system: Object.assign({}, load.system, ...USERS.map(({ system }) => system?.(host))),
    roles: [...load.roles, ...USERS.flatMap(({ roles }) => roles(host))],
  }
}
