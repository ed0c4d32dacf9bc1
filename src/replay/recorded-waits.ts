import { float64Column } from './column.ts'
import { distributionOf } from './distribution.ts'
import { INSTALL, type Moments, WAIT_BEGIN, WAIT_END, type What } from './moments.ts'

/** The waits of the recorded kernel's tasks for mmu_lock, and their number of faults, from a moment on. */
export type RecordedWaits = {
  readonly faults: number
  readonly waits: number
  readonly totalNs: number
  readonly medianNs: number
  /** The waits of all other tasks: notifiers and memslot updaters. */
  readonly otherWaits: number
}

export function recordedWaits(
  moments: Moments,
  vcpus: readonly number[],
  mmuLock: number,
  fromNs: number,
  fault: What = INSTALL,
): RecordedWaits {
  const isVcpu = new Set(vcpus)
  const began = new Map<number, number>()
  const waits = float64Column()
  let faults = 0
  let otherWaits = 0
  for (let index = 0; index < moments.length; index += 1) {
    const pid = moments.pid(index)
    const what = moments.what(index)
    const atNs = moments.atNs(index)
    if (what === fault && isVcpu.has(pid) && atNs >= fromNs) faults += 1
    if ((what !== WAIT_BEGIN && what !== WAIT_END) || moments.value(index) !== mmuLock) continue
    if (what === WAIT_BEGIN) {
      began.set(pid, atNs)
      continue
    }
    const sinceNs = began.get(pid)
    began.delete(pid)
    if (sinceNs === undefined || sinceNs < fromNs) continue
    if (isVcpu.has(pid)) waits.push(atNs - sinceNs)
    else otherWaits += 1
  }
  const distribution = distributionOf([waits])
  return {
    faults,
    waits: waits.length,
    totalNs: distribution?.total ?? 0,
    medianNs: distribution?.median ?? 0,
    otherWaits,
  }
}
