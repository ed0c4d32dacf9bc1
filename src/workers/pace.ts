import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/**
 * When a role of a replay does what it does. Times are distances: from its own item before, or from what it comes after, so that
 * a role that is late once is not late forever, and what was caused by another role's item never comes before it.
 */
export type RecordedPace = {
  /** The pause before each item: for a vCPU from the end of its previous item, for others from the start of theirs; for the first from 0 on. */
  readonly pausesNs: Float64Array
  /** From the end of what it comes after, if that was later than the item before; -1: at any time after it. */
  readonly lagsNs: Float64Array
  /**
   * Item i comes after what CPU `cpus[k]` has done by `counts[k]`, for k from `starts[i]` up to `starts[i + 1]`: twice its items that are
   * over, and one more if the next has begun.
   */
  readonly starts: Int32Array
  readonly cpus: Int32Array
  readonly counts: Int32Array
  /** 1: something else ran on the CPU before this item, so a vCPU was outside of its guest. */
  readonly away: Uint8Array
  /** Whether each role has a core of its own: it looks again and again, a vCPU in its guest, where IPIs reach it. Else it sleeps. */
  readonly hasCore: boolean
}

/** How often a role looks whether what it waits for has come: it may have to wait long. */
const LOOK_NS = 1000
const LONGEST_LOOK_NS = 100_000
const LOOK_SHARE = 16

/** The next time to look, of a role that has looked since `sinceNs`. */
function nextLook(nowNs: number, sinceNs: number): number {
  return nowNs + Math.min(LONGEST_LOOK_NS, Math.max(LOOK_NS, (nowNs - sinceNs) / LOOK_SHARE))
}

/** As `counts` say it. */
export const after = (items: number): number => items * 2
export const duringNext = (items: number): number => items * 2 + 1

/** Whether item `index` comes while that is under way which it follows. */
export function isDuring({ starts, counts }: RecordedPace, index: number): boolean {
  const at = starts[index]!
  return at < starts[index + 1]! && counts[at]! % 2 === 1
}

/** Whether everything that item `index` comes after is done; `isOver`: and nothing of it is under way any more. */
export function* isFree(
  cpu: Cpu,
  vm: Vm,
  { starts, cpus, counts }: RecordedPace,
  index: number,
  isOver: boolean,
): Steps<boolean> {
  for (let at = starts[index]!; at < starts[index + 1]!; at += 1) {
    // Pairs with the store in publish(): what was done is seen.
    const done = yield* cpu.load(vm.progress[cpus[at]!]!)
    if (done < counts[at]! + (isOver ? counts[at]! % 2 : 0)) return false
  }
  return true
}

/** Waits until what item `index` comes after is done. For roles that are not interrupted. */
export function* untilFree(cpu: Cpu, vm: Vm, pace: RecordedPace, index: number): Steps<void> {
  if (!pace.hasCore) return yield* sleepUntilFree(cpu, vm, pace, index)
  const sinceNs = cpu.now()
  for (;;) {
    const free = yield* isFree(cpu, vm, pace, index, true)
    if (free || !cpu.running()) return
    yield* cpu.untilTime(nextLook(cpu.now(), sinceNs))
  }
}

function* sleepUntilFree(cpu: Cpu, vm: Vm, { starts, cpus, counts }: RecordedPace, index: number): Steps<void> {
  for (let at = starts[index]!; at < starts[index + 1]!; at += 1) {
    const word = vm.progress[cpus[at]!]!
    for (;;) {
      const done = yield* cpu.load(word)
      if (done >= counts[at]! + (counts[at]! % 2) || !cpu.running()) break
      yield* cpu.park(word, done)
    }
  }
}

/** Tells the others how many items this role has done. */
export function* publish(cpu: Cpu, vm: Vm, count: number, isAwaited: boolean): Steps<void> {
  const word = vm.progress[cpu.id]!
  yield* cpu.store(word, after(count))
  if (isAwaited) yield* cpu.unpark(word, vm.progress.length)
}

/** Tells the others that item `index` of this role has begun. */
export function* publishStart(cpu: Cpu, vm: Vm, index: number): Steps<void> {
  yield* cpu.store(vm.progress[cpu.id]!, duringNext(index))
}

/** Waits for the start of item `index` of a role that is not a vCPU; returns when it began. */
export function* untilTurn(
  cpu: Cpu,
  vm: Vm,
  pace: RecordedPace,
  index: number,
  beganNs: number,
  dueNs: number,
): Steps<number> {
  yield* cpu.untilTime(pace.hasCore ? beganNs + pace.pausesNs[index]! : dueNs)
  yield* untilFree(cpu, vm, pace, index)
  return cpu.now()
}
