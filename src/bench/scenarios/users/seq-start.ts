import { mmuLockUser } from './user.ts'

export const SEQ_PARAMETERS = {
  'seq-start': {
    kind: 'integer',
    says: 'initial value of mmu_invalidate_seq, as on a host with a long uptime: 2147483640 soon reaches 2^31, 4294967290 soon reaches 2^32',
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
