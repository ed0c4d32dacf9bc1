import { COUNTER } from '../../protocols/counters.ts'
import type { Protocol } from '../../workers/system.ts'
import type { Check } from '../check.ts'
import { checkedVariants } from './checked-variants.ts'
import { BELOW, OWN, SPARE } from './elision-acts.ts'
import { CONFIGURATIONS } from './elision-configurations.ts'
import { declaredOf } from './small-configuration.ts'
import { SMALL, vmProgram } from './vm-program.ts'

/** A VM that comes and goes is told of invalidations while it is there. */
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
    const {
      vcpus,
      acts,
      pseudoLock,
      isDestroyed = false,
      memslots = [OWN],
      zap = 'slot',
      mmu = 'tdp' as const,
      pfnCaches,
    } = CONFIGURATIONS[configuration]!
    const spec = {
      ...SMALL,
      variant: variant as Protocol,
      mmu,
      cpus: acts.length,
      vcpus,
      memslots,
      updates: { spare: [SPARE, BELOW], pseudoLock: pseudoLock ?? 'none', zap, isDestroyed } as const,
      ...(pfnCaches === undefined ? {} : { pfnCaches }),
    }
    return { ...vmProgram(spec, acts), required: isDestroyed ? REQUIRED : [] }
  },
}
export default declared
