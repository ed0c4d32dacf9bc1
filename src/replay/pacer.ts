import type { RecordedPace } from '../workers/pace.ts'
import type { RecordedZapPlan } from '../workers/zapper.ts'
import type { FaultSource } from './fault-source.ts'
import type { Order, TakingOrder } from './order-columns.ts'
import { paceOfFaults, paceOfTakings } from './pacing.ts'
import { playedCosts } from './recorded-costs.ts'
import type { RecordedTimes } from './recorded-times.ts'
import type { Speed } from './speed.ts'
import { updatesOf } from './streams.ts'

/** At `max` nothing has a pace. */
export function pacerOf(
  { faults, takings }: Order,
  zappers: number,
  times: RecordedTimes,
  { isFromStart }: FaultSource,
  speed: Speed,
  clockStepNs: number,
) {
  const costs = playedCosts(times)
  const heldUntilNs = (role: number, count: number) => takings[role - faults.length]!.heldUntilNs.at(count - 1)
  const firstZapper = faults.length + takings.length - zappers
  return {
    ofFaults: (vcpu: number) =>
      speed === 'max'
        ? {}
        : {
            pace: paceOfFaults(faults[vcpu]!, heldUntilNs, times, costs, isFromStart, firstZapper, speed, clockStepNs),
          },
    ofTakings: (taking: number): { readonly pace?: RecordedPace } =>
      speed === 'max' ? {} : { pace: paceOfTakings(takings[taking]!, faults.length, speed) },
  }
}

/** Between the first and the last page table that was zapped mmu_lock was held, and a little longer. */
export function zapOf(
  { atNs, lastNs }: TakingOrder,
  pace: RecordedPace | undefined,
  speed: Speed,
): RecordedZapPlan | null {
  if (pace === undefined) return null
  const holdsNs = new Float64Array(new SharedArrayBuffer(atNs.length * Float64Array.BYTES_PER_ELEMENT))
  for (let index = 0; index < holdsNs.length; index += 1) holdsNs[index] = lastNs.at(index) - atNs.at(index)
  return { kind: 'recorded', atNs: updatesOf(atNs, speed), pace, holdsNs }
}
