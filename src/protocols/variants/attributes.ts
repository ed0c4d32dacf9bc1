import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { vmSetMemAttributes } from '../versions/v6.12.ts'

// Memory attributes: memory of the guest becomes private, or shared. The variants that are correct.

export const CONVERT_AT_ONCE = variant({
  name: 'convert-at-once',
  subject: 'attributes',
  on: V6_18,
  kind: 'good',
  reference: 'v6.8 to v6.15',
  says: 'attributes are stored from the first page to the last without rescheduling',
  replaces: { vmSetMemAttributes },
})

export const CONVERT = variant({
  name: 'convert',
  subject: 'attributes',
  on: V6_18,
  kind: 'good',
  reference: 'v6.16, 47bb584237cc, 20250609091121.2497429-2-liam.merwick@oracle.com',
  says: 'cond_resched() after each page',
  replaces: {},
})
