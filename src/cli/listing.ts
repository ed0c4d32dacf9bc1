import { METRICS } from '../bench/metrics.ts'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { PARAMETERS } from '../model/parameters.ts'
import { loadProfile, profileNames } from '../model/profile.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { HOST_PROFILE } from './machines.ts'

const THREADS = { name: 'threads', says: 'worker threads of this host' }
const HOST = {
  name: 'host',
  says: `this host, by the profile that \`faultline calibrate\` wrote to ${HOST_PROFILE}`,
}

/** Everything that a user can request. JSON has no functions, so only the declaration of a scenario is left. */
export const listing = () => ({
  scenarios: SCENARIOS,
  machines: [THREADS, ...profileNames().map(loadProfile), HOST],
  parameters: PARAMETERS,
  metrics: METRICS,
  costs: [...WORK, ...BROADCAST],
  kernels: VERSIONS.map(({ name, before, changes }) => ({ name, before: before?.name ?? null, changes })),
})

export type Listing = ReturnType<typeof listing>
