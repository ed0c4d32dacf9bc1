import { basename } from 'node:path'
import type { SentSystem } from '../patches/code.ts'
import { placeInStack } from '../patches/place-in.ts'
import { readStepNames } from '../patches/step-names.ts'
import type { Place } from '../shared-memory/place.ts'
import { type RolePlan, workerName } from '../workers/roles.ts'
import type { Machine } from './machine.ts'

/** Where in its patch a CPU is when the run is aborted, as `, in my-yield.ts:12:3`; empty if no CPU is in the patch. */
export function whereNow(machine: Machine, { variant }: SentSystem): string {
  if (typeof variant === 'string') return ''
  const url = variant.modules.flat
  let place: string | undefined
  for (const cpu of machine.cpus) {
    for (const name of readStepNames().ofCpu) {
      const step: unknown = Reflect.get(cpu, name)
      if (typeof step !== 'function') continue
      const looks = (...values: readonly unknown[]): unknown => {
        place ??= placeInStack(new Error().stack ?? '', url)
        return Reflect.apply(step, cpu, values)
      }
      Reflect.set(cpu, name, looks)
    }
  }
  for (let events = 0; events < MOST_EVENTS && place === undefined; events += FEW_EVENTS) machine.run(FEW_EVENTS)
  return place === undefined ? '' : `, in ${basename(variant.file)}:${place}`
}

/** All CPUs have had their turn, and a loop has been round. */
const MOST_EVENTS = 20_000
const FEW_EVENTS = 100

/** The CPUs that have not ended: what the first of each role stands before, and how many more there are of it. */
export function stuckText({ stuck }: Machine, roles: readonly RolePlan[], place: Place): string {
  return [...new Set(stuck.map(({ cpu }) => roles[cpu]!.role))]
    .map((role) => {
      const [first, ...more] = stuck.filter(({ cpu }) => roles[cpu]!.role === role)
      const { cpu, name, word } = first!
      const others = more.length === 0 ? '' : ` and ${more.length} more`
      return `${workerName(roles, cpu)}${others} at ${name}${word < 0 ? '' : ` ${place.nameOf(word)}`}`
    })
    .join(', ')
}
