import { COUNTER } from '../../protocols/counters.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { BELOW, OWN, SPARE } from './elision-acts.ts'
import { CONFIGURATIONS } from './elision-configurations.ts'
import { declaredOf, smallProgram } from './small-configuration.ts'

/** A VM that comes and goes receives invalidations while it exists. */
const REQUIRED = [
  {
    anyOf: [COUNTER.invalidate_start],
    finding: { name: 'notifier_never_called', says: 'no invalidation was ever announced to the VM', value: 0 },
  },
]

const declared: Check = {
  name: 'elision',
  asks: 'May an invalidation that concerns no memslot leave mmu_lock alone, while memslots come and go?',
  ...checkedVariants('elision', 'count-elide', {
    rwsem: { finds: ['deadlock'], in: 'nested' },
    'fair-gate': { finds: ['deadlock'], in: 'nested' },
    'B-UNBAL': { finds: ['slots_changed_inside_pair', 'count_negative', 'count_leak'], in: 'spare' },
    'B-RWSEM': { finds: ['deadlock'], in: 'overlap' },
    'B-WAKE': { finds: ['lost_wakeup', 'deadlock'], in: 'outside' },
    'B-LATEINC': { finds: ['slots_changed_inside_pair', 'count_negative', 'count_leak'], in: 'spare' },
    'B-EARLYDEC': {
      finds: ['stale_pfncache', 'slots_changed_inside_pair', 'count_negative', 'count_leak'],
      in: ['pfncache', 'spare'],
    },
    'B-NORELEASE': { finds: ['mapped_after_release'], in: 'released' },
    'B-GPCCOUNT': { finds: ['stale_pfncache'], in: 'pfncache' },
    'B-TEARDOWN': { finds: ['count_leak', 'deadlock'], in: 'destroyed' },
    'B-ARCHLOCK': { finds: ['deadlock'], in: 'reload' },
    'B-SRCU': { finds: ['livelock', 'retry_unbounded'], in: 'deleted' },
    'B-NONBLOCK': { finds: ['yield_in_nonblock'], in: 'nonblock' },
  }),
  configurations: declaredOf(CONFIGURATIONS),
  patience: 1,
  program: (variant, configuration) => {
    const small = CONFIGURATIONS[configuration]!
    const {
      vcpus,
      mmu = 'tdp',
      memslots = [OWN],
      pseudoLock = 'none',
      zap = 'slot',
      isDestroyed = false,
      isPfnmap = false,
    } = small
    const program = smallProgram(variant, small, {
      mmu,
      vcpus,
      memslots,
      updates: { spare: [SPARE, BELOW], pseudoLock, zap, isDestroyed },
      isPfnmap,
      ...(small.pfnCaches === undefined ? {} : { pfnCaches: small.pfnCaches }),
    })
    return isDestroyed ? { ...program, required: REQUIRED } : program
  },
}
export default declared
