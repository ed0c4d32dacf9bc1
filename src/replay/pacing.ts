import { after as afterItems, duringNext, type RecordedPace } from '../workers/pace.ts'
import { Random } from '../workers/random.ts'
import type { FaultOrder, TakingOrder } from './order-columns.ts'
import { NEVER, NO_WAIT } from './order-columns.ts'
import { type PlayedCosts, WORDS_UNDER_LOCK_NS } from './recorded-costs.ts'
import { latestSpteNs, type RecordedTimes } from './recorded-times.ts'
import { paced } from './speed.ts'

/** Used if a recording does not contain it: a typical kernel, tracing included. */
const TO_SPTE_NS = 800
const TO_RELEASE_NS = 600
/** From the start of an invalidation to the end of its zap, if no CPU must be interrupted. */
const TO_ZAP_NS = 1500
/** To get a lock that is free, and whose line another CPU has had: part of the shortest cycle of faults, and of no wait. */
const TO_FREE_LOCK_NS = 60

const float64s = (length: number) => new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT))
const int32s = (length: number) => new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT))
const uint8s = (length: number) => new Uint8Array(new SharedArrayBuffer(length))

/**
 * The pace of a vCPU. A fault that is recorded by its SPTE requested mmu_lock earlier: at the beginning of its wait, if
 * it waited. From the release of the lock to the task's next request, the guest computes and the fault is prepared; the
 * part that the replaying machine needs for the preparation is not a pause.
 */
export function paceOfFaults(
  order: FaultOrder,
  heldUntilNs: (role: number, count: number) => number,
  times: RecordedTimes,
  played: PlayedCosts,
  isFromStart: boolean,
  firstZapper: number,
  speed: number,
  clockStepNs: number,
): RecordedPace {
  const length = order.gfns.length
  const pausesNs = float64s(length)
  const lagsNs = float64s(length)
  const away = uint8s(length)
  const during = new Uint8Array(length)
  const toSpte = times.toSpte?.ns ?? TO_SPTE_NS
  const toRelease = times.toRelease?.ns ?? TO_RELEASE_NS
  const latestNs = latestSpteNs(order)
  let releasedNs = Number.NEGATIVE_INFINITY
  // A clock of long steps makes some pauses too short and others as much too long: what cannot be taken from one is taken from the next.
  let owedNs = 0
  for (let index = 0; index < length; index += 1) {
    const atNs = order.atNs.at(index)
    const began = order.waitBeganNs.at(index)
    const ended = order.waitEndedNs.at(index)
    const hasWaited = began !== NO_WAIT && atNs - ended <= latestNs
    const outsideNs = played.outsideNs - (hasWaited ? TO_FREE_LOCK_NS : 0)
    const askedNs = isFromStart ? atNs : hasWaited ? began : atNs - toSpte
    const pauseNs = askedNs - Math.max(releasedNs, 0) - (isFromStart ? 0 : outsideNs) - owedNs
    owedNs = Math.min(Math.max(0, -pauseNs), clockStepNs)
    pausesNs[index] = paced(Math.max(0, pauseNs), speed)
    lagsNs[index] = -1
    if (order.causeRole.at(index) !== NEVER) {
      // A vCPU that was in its guest was interrupted for it. A zapper of everything has taken it when that begins.
      const toZapNs = order.away.at(index) === 1 ? TO_ZAP_NS : played.flushNs
      const takenNs = order.causeNs.at(index) + (order.causeRole.at(index) >= firstZapper ? 0 : toZapNs)
      const causeNs = order.causeNs.at(index)
      // It requested the lock, and waited, before the removal of its page was over. For a fault recorded by its beginning, the wait comes later.
      const waits =
        (isFromStart ? waitsBehind(order, index) : hasWaited) &&
        order.causeRole.at(index) < firstZapper &&
        askedNs >= causeNs &&
        askedNs < Math.max(causeNs + played.flushNs, heldUntilNs(order.causeRole.at(index), order.causeCount.at(index)))
      during[index] = waits ? 1 : 0
      const fromNs = waits ? causeNs : takenNs
      if (fromNs > releasedNs) lagsNs[index] = paced(Math.max(0, askedNs - outsideNs - fromNs), speed)
    }
    away[index] = order.away.at(index)
    releasedNs = order.lastNs.at(index) + toRelease
    if (!isFromStart) continue
    // The blocker of its wait is known before the next event of the task.
    const waitedUntilNs = index + 1 < length ? order.waitEndedNs.at(index + 1) : NO_WAIT
    releasedNs = Math.max(atNs + played.outsideNs, waitedUntilNs) + toSpte + toRelease
  }
  return { pausesNs, lagsNs, away, hasCore: false, ...causes(order, during) }
}

/**
 * For how long each fault holds mmu_lock, in units of the usual: its neighbours are its own; the ways to its SPTE and from there
 * are those of any, drawn, as those of most are not known. Holds that an interrupt made long are among them, and in what waits
 * take altogether they matter most.
 */
export function mapUnitsOf(
  order: FaultOrder,
  { toSpteNs, toReleaseNs, firstReleaseNs }: RecordedTimes,
  usualNs: number,
  seed: number,
) {
  const random = new Random(seed)
  const units = float64s(order.gfns.length)
  const one = (samples: Float64Array, otherwise: number) =>
    samples.length === 0 ? otherwise : samples[random.below(samples.length)]!
  for (let index = 0; index < units.length; index += 1) {
    const neighboursNs = order.lastNs.at(index) - order.atNs.at(index)
    const release = order.first.at(index) === 1 && firstReleaseNs.length > 0 ? firstReleaseNs : toReleaseNs
    const heldNs = one(toSpteNs, TO_SPTE_NS) + neighboursNs + one(release, TO_RELEASE_NS)
    units[index] = Math.max(0, heldNs - WORDS_UNDER_LOCK_NS) / usualNs
  }
  return units
}

/** Whether the task waited for mmu_lock between this event and its next one. */
const waitsBehind = ({ atNs, waitBeganNs }: FaultOrder, index: number) =>
  index + 1 < atNs.length && waitBeganNs.at(index + 1) >= atNs.at(index)

/** Each fault after what had taken its gfn away. */
function causes(
  { causeRole, causeCount }: FaultOrder,
  during: Uint8Array,
): Pick<RecordedPace, 'starts' | 'cpus' | 'counts'> {
  const length = causeRole.length
  const starts = int32s(length + 1)
  const cpus = int32s(length)
  const counts = int32s(length)
  let next = 0
  for (let index = 0; index < length; index += 1) {
    if (causeRole.at(index) !== NEVER) {
      cpus[next] = causeRole.at(index)
      const count = causeCount.at(index)
      counts[next] = during[index] === 1 ? duringNext(count - 1) : afterItems(count)
      next += 1
    }
    starts[index + 1] = next
  }
  return { starts, cpus: cpus.subarray(0, next), counts: counts.subarray(0, next) }
}

/** The pace of a role that takes pages away: from start to start, and each after the faults that had mapped them. */
export function paceOfTakings({ atNs, after }: TakingOrder, vcpus: number, speed: number): RecordedPace {
  const length = atNs.length
  const pausesNs = float64s(length)
  const starts = int32s(length + 1)
  const before: [cpu: number, count: number][] = []
  const asked = new Array<number>(vcpus).fill(0)
  for (let index = 0; index < length; index += 1) {
    pausesNs[index] = paced(Math.max(0, atNs.at(index) - (index === 0 ? 0 : atNs.at(index - 1))), speed)
    for (let vcpu = 0; vcpu < vcpus; vcpu += 1) {
      const count = after.at(index * vcpus + vcpu)
      if (count <= asked[vcpu]!) continue
      asked[vcpu] = count
      before.push([vcpu, count])
    }
    starts[index + 1] = before.length
  }
  const cpus = int32s(before.length)
  const counts = int32s(before.length)
  for (const [at, [cpu, count]] of before.entries()) {
    cpus[at] = cpu
    counts[at] = afterItems(count)
  }
  return {
    pausesNs,
    lagsNs: float64s(length).fill(-1),
    away: uint8s(length),
    hasCore: false,
    starts,
    cpus,
    counts,
  }
}
