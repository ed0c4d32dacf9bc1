import { mmuLockUser } from './user.ts'

export const SEQ_PARAMETERS = {
  'seq-start': {
    kind: 'integer',
    says: 'what mmu_invalidate_seq begins with, as on a host that has been up for long: near 2^31 (2147483640) or 2^32 (4294967290) it is soon there',
    low: 0,
    high: 4_294_967_295,
    default: 0,
  },
} as const

/** No user, but an old VM for all of them. */
export const SEQ_START = mmuLockUser({
  parameters: SEQ_PARAMETERS,
  roles: () => [],
  system: ({ values }) => ({ seqStart: values['seq-start'] }),
})
