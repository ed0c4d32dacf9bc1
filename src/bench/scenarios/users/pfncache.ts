import type { RolePlan } from '../../../workers/roles.ts'
import { pauseUs, type Values } from '../../parameters.ts'
import { mmuLockUser } from './user.ts'

/** gfn_to_pfn_caches, and the tasks that use them. */
export const PFNCACHE_PARAMETERS = {
  pfncaches: {
    kind: 'integer',
    says: 'tasks of KVM that use a page of the guest by a gfn_to_pfn_cache each, since 5.17: the first pages of its memory',
    low: 0,
    high: 64,
    default: 0,
  },
  'pfncache-pause-us': pauseUs('pause between two uses of a gfn_to_pfn_cache', 20),
} as const

type CacheValues = Values<typeof PFNCACHE_PARAMETERS>

export const pfnCacheRoles = (values: CacheValues): readonly RolePlan[] =>
  Array.from({ length: values.pfncaches }, (_, cache) => ({
    role: 'pfncache-user',
    caches: { cache, pauseNs: values['pfncache-pause-us'] * 1000 },
  }))

/** By gfn, from the first of the guest's memory on. */
export const pfnCachesOf = (values: CacheValues, memory: { readonly baseGfn: number; readonly pages: number }) =>
  values.pfncaches === 0
    ? {}
    : { pfnCaches: Array.from({ length: values.pfncaches }, (_, index) => memory.baseGfn + (index % memory.pages)) }

/** Those of any scenario. */
export const PFNCACHE = mmuLockUser({
  parameters: PFNCACHE_PARAMETERS,
  roles: ({ values }) => pfnCacheRoles(values),
  system: ({ values, memory }) => pfnCachesOf(values, memory),
})
