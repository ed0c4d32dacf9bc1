import type { WhyNot } from './survivors.ts'

/** Why nobody notices that an access, or a barrier, orders less than it did. The first that fits counts. */
export const WHY_NOT_OF_ORDER: readonly WhyNot[] = []
