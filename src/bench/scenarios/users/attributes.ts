import { Random } from '../../../workers/random.ts'
import { pauseUs } from '../../parameters.ts'
import { mmuLockUser } from './user.ts'

/**
 * The first conversion comes after so many pauses at the latest, but within a millisecond: a window holds few conversions, and all seeds would
 * cut the same ones.
 */
const LATEST_START = { pauses: 10, ns: 1e6 }

/** VMMs that make memory of the guest private, and shared again. */
export const ATTRIBUTES = mmuLockUser({
  parameters: {
    converters: {
      kind: 'integer',
      says: 'threads of the VMM that convert guest memory to private and back (KVM_SET_MEMORY_ATTRIBUTES)',
      low: 0,
      high: 1,
      default: 0,
    },
    'convert-pages': {
      kind: 'integer',
      says: 'gfns that are converted at a time; 0: all the memory',
      low: 0,
      high: 1 << 22,
      default: 0,
    },
    'convert-pause-us': pauseUs('before each conversion', 1000),
    'punch-hole': {
      kind: 'choice',
      says: 'yes: pages of guest_memfd are given back when their gfns are shared again',
      choices: ['yes', 'no'],
      default: 'yes',
    },
  },
  system: ({ values, memory }) => (values.converters > 0 ? { attributes: { slot: memory.slot } } : {}),
  roles: ({ values, memory, sampleEvery, seed }) => {
    const pauseNs = values['convert-pause-us'] * 1000
    const starts = new Random(seed)
    return Array.from({ length: values.converters }, () => ({
      role: 'converter',
      isTimed: sampleEvery > 0,
      conversion: {
        firstGfn: memory.baseGfn,
        pages: memory.pages,
        chunk: values['convert-pages'] === 0 ? memory.pages : values['convert-pages'],
        pauseNs,
        startNs: starts.below(1 + Math.min(LATEST_START.ns, LATEST_START.pauses * pauseNs)),
        punches: values['punch-hole'] === 'yes',
      },
    }))
  },
})
