import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/**
 * When a role of a replay does what it does. Times are distances: from its own item before, or from what it comes after, so that
 * a role that is late once is not late for ever, and what was caused by another role's item never comes before it.
 */
export type RecordedPace = {
  /** Before each item: of a vCPU from the end of its item before; of others from the start of theirs. Of the first from 0 on. */
  readonly pausesNs: Float64Array
  /** From the end of what it comes after, if that was later than the item before; -1: at any time after it. */
  readonly lagsNs: Float64Array
  /** Item i comes after the first `counts[k]` items of CPU `cpus[k]`, for k from `starts[i]` up to `starts[i + 1]`. */
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
export function nextLook(nowNs: number, sinceNs: number): number {
  return nowNs + Math.min(LONGEST_LOOK_NS, Math.max(LOOK_NS, (nowNs - sinceNs) / LOOK_SHARE))
}

/** Whether everything that item `index` comes after is done. */
export function* isFree(cpu: Cpu, vm: Vm, { starts, cpus, counts }: RecordedPace, index: number): Steps<boolean> {
  for (let at = starts[index]!; at < starts[index + 1]!; at += 1) {
    // Pairs with the store in publish(): what was done is seen.
    const done = yield* cpu.load(vm.progress[cpus[at]!]!)
    if (done < counts[at]!) return false
  }
  return true
}

/** Waits until what item `index` comes after is done. For roles that are not interrupted. */
export function* untilFree(cpu: Cpu, vm: Vm, pace: RecordedPace, index: number): Steps<void> {
  if (!pace.hasCore) return yield* sleepUntilFree(cpu, vm, pace, index)
  const sinceNs = cpu.now()
  for (;;) {
    const free = yield* isFree(cpu, vm, pace, index)
    if (free || !cpu.running()) return
    yield* cpu.untilTime(nextLook(cpu.now(), sinceNs))
  }
}

function* sleepUntilFree(cpu: Cpu, vm: Vm, { starts, cpus, counts }: RecordedPace, index: number): Steps<void> {
  for (let at = starts[index]!; at < starts[index + 1]!; at += 1) {
    const word = vm.progress[cpus[at]!]!
    for (;;) {
      const done = yield* cpu.load(word)
      if (done >= counts[at]! || !cpu.running()) break
      yield* cpu.park(word, done)
    }
  }
}

/** Tells the others how many items this role has done. */
export function* publish(cpu: Cpu, vm: Vm, count: number, isAwaited: boolean): Steps<void> {
  const word = vm.progress[cpu.id]!
  yield* cpu.store(word, count)
  if (isAwaited) yield* cpu.unpark(word, vm.progress.length)
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
