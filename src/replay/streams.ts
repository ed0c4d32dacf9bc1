import type { AccessPlan } from '../workers/accesses.ts'
import type { InvalidationPlan } from '../workers/invalidations.ts'
import type { Column } from './column.ts'
import type { InvalidationLog } from './invalidation-log.ts'
import type { Layout } from './layout.ts'
import type { FaultOrder } from './order-columns.ts'
import { paced, type Speed } from './speed.ts'

export type RecordedAccesses = Extract<AccessPlan, { kind: 'recorded' }>
export type RecordedInvalidations = Extract<InvalidationPlan, { kind: 'recorded' }>

const float64s = (length: number) => new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT))
const int32s = (length: number) => new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT))

/** The faults of one task as a worker plays them; those on gfns of no memslot are left out. */
export function accessesOf(order: FaultOrder, layout: Layout, speed: Speed): RecordedAccesses {
  const { length } = order.gfns
  const gfns = int32s(length)
  const atNs = float64s(speed === 'max' ? 0 : length)
  for (let index = 0; index < length; index += 1) {
    gfns[index] = layout.gfn(order.gfns.at(index))
    if (speed !== 'max') atNs[index] = paced(order.atNs.at(index), speed)
  }
  return { kind: 'recorded', atNs, gfns, startNs: 0 }
}

/** The invalidations of the tasks that one notifier plays: `indices` of the log, in order. */
export function invalidationsOf(
  log: InvalidationLog,
  indices: readonly number[] | Uint32Array,
  layout: Layout,
  speed: Speed,
): RecordedInvalidations {
  const startHvas = int32s(indices.length)
  const endHvas = int32s(indices.length)
  const atNs = float64s(speed === 'max' ? 0 : indices.length)
  for (const [at, index] of indices.entries()) {
    const start = log.start(index)
    startHvas[at] = layout.startHva(start)
    endHvas[at] = layout.endHva(start, log.end(index))
    if (speed !== 'max') atNs[at] = paced(log.atNs.at(index), speed)
  }
  return { kind: 'recorded', atNs, startHvas, endHvas, startNs: 0 }
}

/** When memslots were deleted. */
export function updatesOf(runs: Column<Float64Array>, speed: Speed): Float64Array {
  const atNs = float64s(speed === 'max' ? 0 : runs.length)
  for (let index = 0; index < atNs.length; index += 1) atNs[index] = paced(runs.at(index), speed as number)
  return atNs
}
