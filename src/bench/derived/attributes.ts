import { type Metrics, per, type Tally } from './tally.ts'

/** Conversions of memory attributes by a VMM. */
export const attributeMetrics = (all: Tally): Metrics => {
  const converters = all.of('converter')
  return per(converters.sum('attribute_changes'), () => ({
    gfns_converted_per_second: converters.rate('attributes_set'),
  }))
}
