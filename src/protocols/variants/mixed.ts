import { variant } from '../kernel.ts'
import { V5_15, V6_18 } from '../kernels.ts'

// All systems at once.

export const EVERYTHING = variant({
  name: 'everything',
  subject: 'mixed',
  on: V6_18,
  kind: 'good',
  reference: 'upstream',
  says: 'every role is active',
  replaces: {},
})

export const EVERYTHING_5_15 = variant({
  name: 'v5.15',
  subject: 'mixed',
  on: V5_15,
  kind: 'good',
  reference: 'v5.15',
  says: 'every role is active, by the rules of v5.15: no pre-check, recovery under the write lock, reload by ->invalidate_range()',
  replaces: {},
})
