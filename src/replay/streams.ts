import type { AccessPlan } from '../workers/accesses.ts'
import type { InvalidationPlan } from '../workers/invalidations.ts'
import type { Column } from './column.ts'
import type { FaultLog } from './fault-log.ts'
import type { InvalidationLog } from './invalidation-log.ts'
import type { Layout } from './layout.ts'
import { paced, type Speed } from './speed.ts'

export type RecordedAccesses = Extract<AccessPlan, { kind: 'recorded' }>
export type RecordedInvalidations = Extract<InvalidationPlan, { kind: 'recorded' }>

const float64s = (length: number) => new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT))
const int32s = (length: number) => new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT))

/** The faults of one task as a worker plays them; those on gfns of no memslot are left out. */
export function accessesOf({ stream }: FaultLog, layout: Layout, speed: Speed): RecordedAccesses {
  const length = stream?.gfns.length ?? 0
  const gfns = int32s(length)
  const atNs = float64s(speed === 'max' ? 0 : length)
  let count = 0
  for (let index = 0; stream !== undefined && index < length; index += 1) {
    const gfn = layout.gfn(stream.gfns.at(index))
    if (gfn < 0) continue
    gfns[count] = gfn
    if (speed !== 'max') atNs[count] = paced(stream.atNs.at(index), speed)
    count += 1
  }
  return { kind: 'recorded', atNs: atNs.subarray(0, count), gfns: gfns.subarray(0, count), startNs: 0 }
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
