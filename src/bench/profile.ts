import { BROADCAST, WORK } from '../protocols/costs.ts'
import type { Host } from './result.ts'

/** One parameter of a machine: what it is, how sure that is, and where it comes from. */
type ProfileParameter = {
  readonly value: number
  readonly unit: string
  readonly low: number
  readonly high: number
  /** M measured, P published, D derived, E estimated. */
  readonly class: 'M' | 'P' | 'D' | 'E'
  readonly source: string
}

/** A machine for the model, as a file. */
export type Profile = {
  readonly schema: 'faultline.profile'
  readonly version: 1
  readonly name: string
  readonly cpu: string
  readonly cores: number
  readonly createdAt: string
  readonly parameters: Readonly<Record<string, ProfileParameter>>
}

/** How far a primitive's cost moves on one host from one moment to the next: frequency, neighbours, cold caches. */
const SPREAD = 1.3

/** The profile of the host that was calibrated. What is not re-created by the threads is what they were told it costs. */
export function hostProfile(host: Host, cores: number, costs: Readonly<Record<string, number>>): Profile {
  const measured = Object.entries(costs).map(([name, value]): [string, ProfileParameter] => {
    const unit = name.endsWith('_ns') ? 'ns' : '1'
    return [name, { value, unit, low: value / SPREAD, high: value * SPREAD, class: 'M', source: 'faultline calibrate' }]
  })
  const told = [...WORK, ...BROADCAST].map(({ name, ns, source }): [string, ProfileParameter] => [
    `cost.${name}_ns`,
    { value: ns, unit: 'ns', low: ns / 2, high: ns * 2, class: 'E', source },
  ])
  return {
    schema: 'faultline.profile',
    version: 1,
    name: 'host',
    cpu: host.cpu,
    cores,
    createdAt: new Date().toISOString(),
    parameters: Object.fromEntries([...measured, ...told]),
  }
}
