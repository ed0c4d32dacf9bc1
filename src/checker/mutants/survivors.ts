import type { Mutation } from './mutations.ts'
import { OF_FAULTS_AND_MEMSLOTS } from './reasons/faults-and-memslots.ts'
import { OF_NX_RECOVERY } from './reasons/nx-recovery.ts'

export type WhyNot = {
  readonly file?: string
  readonly in?: string
  readonly kind?: Mutation['kind']
  readonly code: RegExp
  readonly verdict: 'equivalent' | 'survived'
  readonly why: string
}

/** Why no check notices that a step is left out, where that is known. The first that fits counts. For order: see weak-survivors.ts. */
export const WHY_NOT: readonly WhyNot[] = [...OF_FAULTS_AND_MEMSLOTS, ...OF_NX_RECOVERY]
