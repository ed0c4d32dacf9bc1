import { workersOf } from '../bench/load.ts'
import type { Group } from '../bench/plan.ts'
import type { Scenario } from '../bench/scenario.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import type { BenchArgs } from './bench-args.ts'

/** Flags that some scenarios have no use for: each is refused with the name of the scenario. */
export function checkFlags(args: BenchArgs, scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
    if (args.trace !== undefined) refuse(scenario, 'trace', `${scenario.name} has no vCPUs that could play a recording`)
    if (args.arrival === 'open') refuse(scenario, 'arrival', `${scenario.name} has no accesses that arrive at a rate`)
    requireParameter(scenario, 'vms', args.vms)
    requireParameter(scenario, 'guest-icache', args.guestIcache)
  }
}

function refuse(scenario: Scenario, flag: 'trace' | 'arrival', message: string): void {
  if (!scenario.refuses?.includes(flag)) return
  throw new FaultlineError('FLAG_OF_OTHER_SCENARIO', 'usage', message, {
    hint: `Use --${flag} with -s precheck, or leave it out.`,
  })
}

const SAYS: Readonly<Record<string, string>> = {
  vms: 'has one VM',
  'guest-icache': 'has no guest that invalidates the I-cache',
}

function requireParameter({ name, parameters }: Scenario, flag: string, given: string | undefined): void {
  if (given === undefined || parameters[flag] !== undefined) return
  throw new FaultlineError('FLAG_OF_OTHER_SCENARIO', 'usage', `${name} ${SAYS[flag]}`, {
    hint: `Use --${flag} with -s icache.`,
  })
}

/** Workers of one run: the model goes further than a host's scheduler should be asked to. */
const MOST_WORKERS = 256
const MOST_CPUS = 1024

export function checkWorkers(groups: readonly Group[]): void {
  for (const group of groups) {
    const workers = workersOf(group)
    const [most, what] = group.modelled === undefined ? [MOST_WORKERS, 'threads'] : [MOST_CPUS, 'modelled CPUs']
    if (workers <= most) continue
    throw new FaultlineError('TOO_MANY_WORKERS', 'usage', `${workers} workers are more than ${most} ${what}`, {
      hint: 'Ask for fewer --vcpus, --notifiers, --zappers or --vms.',
    })
  }
}

/** Flags that are another spelling of a parameter. */
export function settingsOfFlags({ vms, guestIcache }: BenchArgs): Record<string, string> {
  return {
    ...(vms === undefined ? {} : { vms }),
    ...(guestIcache === undefined ? {} : { 'guest-icache': guestIcache }),
  }
}
