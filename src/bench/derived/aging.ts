import { type Metrics, per, type Tally } from './tally.ts'

/** What the host learns about the guest's use of pages. */
export const agingMetrics = (all: Tally): Metrics => {
  const agers = all.of('ager')
  return per(agers.sum('aging_calls'), (calls) => ({
    agings_per_second: agers.rate('aging_calls'),
    aging_young_share: agers.sum('aging_young') / calls,
  }))
}
