import { type Metrics, per, type Tally } from './tally.ts'

/** The pages that the recovery worker takes back, its cost, and its fairness. */
export const nxRecoveryMetrics = (all: Tally): Metrics => {
  const worker = all.of('nx-recovery')
  if (worker.cpus.length === 0) return {}
  return {
    nx_recovered_per_second: worker.rate('nx_zapped_tdp', 'nx_zapped_shadow'),
    nx_lost_races_per_second: worker.rate('nx_zap_lost_race'),
    nx_splits_per_second: all.of('vcpu').rate('nx_lpage_splits'),
    ...per(worker.sum('nx_zapped_tdp', 'nx_zapped_shadow'), (recovered) => ({
      nx_flushes_per_recovered: worker.sum('remote_tlb_flush_requests') / recovered,
      nx_yields_per_recovered: worker.sum('yield_needbreak', 'yield_need_resched') / recovered,
    })),
    ...balance(worker),
  }
}

/** The share of its list that a round takes, by MMU, and the ratio of the two shares. */
function balance(worker: Tally): Metrics {
  const tdp = shareOf(worker.sum('nx_zapped_tdp'), worker.sum('nx_listed_tdp'))
  const shadow = shareOf(worker.sum('nx_zapped_shadow'), worker.sum('nx_listed_shadow'))
  return {
    ...(tdp === undefined ? {} : { nx_share_recovered_tdp: tdp }),
    ...(shadow === undefined ? {} : { nx_share_recovered_shadow: shadow }),
    ...(tdp === undefined || tdp === 0 || shadow === undefined ? {} : { nx_shadow_to_tdp: shadow / tdp }),
  }
}

const shareOf = (recovered: number, listed: number) => (listed === 0 ? undefined : recovered / listed)
