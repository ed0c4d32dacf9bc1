// For tests: a small run on a machine whose costs are easy to add up.
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import { Records } from '../shared-memory/records.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { shapeOf } from '../workers/run-result.ts'
import { costsOf } from './costs.ts'
import { Machine } from './machine.ts'
import { loadProfile, withValues } from './profile.ts'
import type { Placement } from './topology.ts'

/** ns: a line travels for 50 from anywhere, and an atomic takes 5. */
export const SIMPLE = {
  cpus: 64,
  sockets: 1,
  threads_per_core: 1,
  cluster_cores: 1,
  load_ns: 1,
  store_ns: 1,
  rmw_ns: 5,
  fence_ns: 0,
  pause_ns: 10,
  c2c_socket_ns: 50,
  shared_read_ns: 20,
  upgrade_ns: 50,
  memory_ns: 100,
  work_variation: 0,
  'cost.ipi_ns': 200,
  'cost.ic_ivau_ns': 10,
  'cost.exit_entry_ns': 300,
}

/** Plays the actors to their ends, each from its start; ns at which each ended. */
export function playOn(
  place: Place,
  actors: readonly ((cpu: Cpu) => Steps<unknown>)[],
  values: Readonly<Record<string, number>> = {},
  startsNs: readonly number[] = [],
  initialise: (words: Int32Array) => void = () => {},
  placement: Placement = 'fill',
): { readonly endsNs: readonly number[]; readonly words: Int32Array; readonly machine: Machine } {
  const costs = costsOf(withValues(loadProfile('altra-64'), { ...SIMPLE, ...values }, 'test'))
  const shape = shapeOf(place, actors.length)
  const words = new Int32Array(place.words)
  initialise(words)
  const records = new Records(shape, Records.buffers(shape, ArrayBuffer))
  const endsNs: number[] = []
  const machine = new Machine(
    { place, words, cpus: actors.length, costs, records, measureFrom: 0, measureUntil: 1e15, seed: 1, placement },
    (cpu) => {
      endsNs[cpu.id] = cpu.now()
      cpu.ledger.roleEnded(cpu.clock)
    },
  )
  for (const [id, actor] of actors.entries())
    machine.play(id, () => actor(machine.cpus[id]!), (startsNs[id] ?? 0) * 1000)
  while (machine.run(1000)) {}
  return { endsNs, words, machine }
}
