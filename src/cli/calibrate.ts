import { describeHost, usableCores } from '../bench/host.ts'
import { hostProfile } from '../bench/profile.ts'
import { columns, compact, time } from '../report/numbers.ts'
import { calibrateForModel, calibrate as measure } from '../threads/calibrate.ts'
import type { CalibrateArgs } from './calibrate-flags.ts'
import type { Command } from './command.ts'
import { checkOutput, save } from './files/output.ts'
import { EXIT, type Io } from './io.ts'
import { HOST_PROFILE } from './machines.ts'

const BUDGET_MS = 100

/** Measures this host; `profile` is the text of one. */
export async function calibrateHost(io: Io) {
  const primitives = await measure(BUDGET_MS)
  const costs = { ...primitives, ...(await calibrateForModel(primitives.work_turn_ns!)) }
  const host = describeHost(io.runtime, costs.clock_read_ns ?? 0)
  const profile = `${JSON.stringify(hostProfile(host, usableCores(host), costs), null, 1)}\n`
  return { host, costs, profile }
}

export const calibrate: Command<CalibrateArgs> = async ({ out, force, json }, io) => {
  const path = out ?? (json ? undefined : HOST_PROFILE)
  const output = path === undefined ? undefined : ({ path, kind: 'profile', force } as const)
  if (output !== undefined) checkOutput(output)
  const { host, costs, profile } = await calibrateHost(io)
  if (output !== undefined) save(output, profile)
  if (json) {
    io.out(profile)
    return EXIT.fine
  }
  const rows = Object.entries(costs).map(([name, value]) => [name, name.endsWith('_ns') ? time(value) : compact(value)])
  io.out(`${host.cpu}, ${usableCores(host)} of ${host.cores} cores, Node ${host.node}\n\n${columns(rows)}\n\n${path}`)
  return EXIT.fine
}
