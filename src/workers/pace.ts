import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/**
 * The timing of a replay's role. Times are distances from its own previous item, or from the item that it follows, so a
 * role that is late once does not stay late, and an item never comes before its cause in another role.
 */
export type RecordedPace = {
  /** The pause before each item: for a vCPU from the end of its previous item, for others from the start of theirs; for the first from 0 on. */
  readonly pausesNs: Float64Array
  /** The distance from the end of the cause, if that was later than the previous item; -1: any time after it. */
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
  /** Whether each role has its own core: it then polls, a vCPU in guest mode, where IPIs reach it. Otherwise it sleeps. */
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

/** Whether item `index` comes while the item that it follows is in progress. */
export function isDuring({ starts, counts }: RecordedPace, index: number): boolean {
  const at = starts[index]!
  return at < starts[index + 1]! && counts[at]! % 2 === 1
}

/** Whether everything that item `index` follows has begun; `isOver`: and has ended. */
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
