import { type Metrics, per, type Tally } from './tally.ts'

/** The progress of KVM tasks that use a guest page through a gfn_to_pfn_cache. */
export const pfnCacheMetrics = (all: Tally): Metrics => {
  const users = all.of('pfncache-user')
  return per(users.sum('pfncache_uses'), () => ({ pfncache_uses_per_second: users.rate('pfncache_uses') }))
}
