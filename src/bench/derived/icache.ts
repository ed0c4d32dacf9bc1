import { type Metrics, per, type Tally } from './tally.ts'

/** Guests that boot on stage-2 tables: the time until all their vCPUs have executed the image. */
export const icacheMetrics = (all: Tally): Metrics => ({
  ...metricsOfVcpus(all.of('stage2-vcpu')),
  ...per(all.of('neighbour').sum('guest_resets'), () => ({
    neighbour_boots_per_second: all.of('neighbour').rate('guest_resets'),
  })),
})

function metricsOfVcpus(vcpus: Tally): Metrics {
  const invalidations = vcpus.sum('icache_inval_range_ops', 'icache_inval_all')
  return {
    ...per(vcpus.sum('guest_resets'), (boots) => ({
      guest_boots_per_second: vcpus.rate('guest_resets'),
      icache_ops_per_boot: vcpus.sum('icache_inval_lines', 'icache_inval_all') / boots,
      relax_eagain_per_boot: vcpus.sum('relax_eagain') / boots,
    })),
    ...per(invalidations, () => ({ icache_wasted_share: vcpus.sum('icache_wasted') / invalidations })),
  }
}
