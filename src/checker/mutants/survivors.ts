import { OF_FAULTS_AND_MEMSLOTS } from './reasons/faults-and-memslots.ts'
import { OF_NX_RECOVERY } from './reasons/nx-recovery.ts'
import { OF_OTHER_USERS } from './reasons/other-users.ts'
import { OF_STAGE2_TABLES } from './reasons/stage2-tables.ts'
import type { WhyNot } from './why-not.ts'

/** Why no check notices that a step is left out, where that is known. The first that fits counts. For order: see weak-survivors.ts. */
export const WHY_NOT: readonly WhyNot[] = [
  ...OF_FAULTS_AND_MEMSLOTS,
  ...OF_NX_RECOVERY,
  ...OF_OTHER_USERS,
  ...OF_STAGE2_TABLES,
]
