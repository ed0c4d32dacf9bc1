import { FreshBlocks } from './fresh-blocks.ts'
import { type Done, MappedGfns } from './mapped-gfns.ts'
import type { PageRange, RecordedMemslot } from './memslots.ts'
import {
  GFNS_TAKEN,
  INSTALL,
  type Moments,
  NEIGHBOUR,
  RETRY,
  TDP_INSTALL,
  UNMAP,
  WAIT_BEGIN,
  WAIT_END,
  type What,
  ZAP,
} from './moments.ts'
import {
  type FaultOrder,
  NEVER,
  NO_WAIT,
  newFaultOrder,
  newTakingOrder,
  type Order,
  type TakingOrder,
} from './order-columns.ts'
import type { Recording } from './recording.ts'
import type { TakingLog } from './takings.ts'

/** The task behind each role: pids of vCPUs; then roles that take pages away, with the invalidations of the log that each plays, or its zaps. */
export type Cast = {
  readonly vcpus: readonly number[]
  readonly notifiers: readonly { readonly indices: Uint32Array | readonly number[] }[]
  readonly zappers: readonly number[]
  readonly slots: readonly RecordedMemslot[]
  readonly takings: TakingLog
  readonly fault: What
  readonly mmuLock: number
  /** Whether a fault on the gfn can be replayed: a memslot contains it. */
  readonly isPlayed: (gfn: number) => boolean
}

type Seen = { pid: number; atNs: number; otherNs: number }

/**
 * The partial order of a recording: each task's own order; each fault after what had taken its gfn away; what takes gfns away
 * after the faults that had mapped them. Roles are numbered: vCPUs, then notifiers, then zappers.
 */
export function orderOf(recording: Recording, cast: Cast): Order {
  return new Ordering(recording, cast).run()
}

class Ordering {
  readonly #moments: Moments
  readonly #cast: Cast
  readonly #mapped = new MappedGfns()
  readonly #blocks = new FreshBlocks()
  readonly #vcpuOf: ReadonlyMap<number, number>
  readonly #zapperOf: ReadonlyMap<number, number>
  readonly #faults: readonly FaultOrder[]
  readonly #takings: readonly TakingOrder[]
  /** By invalidation of the log: its role and ordinal. */
  readonly #roleOf: Uint32Array
  readonly #ordinalOf: Uint32Array
  readonly #zapRun = new Map<number, number>()
  readonly #waitBegan = new Map<number, number>()
  /** By task: its current invalidation, as far as the order of its events shows. */
  readonly #underWay = new Map<number, { readonly index: number; waits: number }>()
  /** By task: its current or last removal, until another task shows that it has the lock; `waits`: the task is waiting itself. */
  readonly #holding = new Map<number, { readonly order: TakingOrder; readonly ordinal: number; waits: boolean }>()
  readonly #lastOf: { atNs: number; cpu: number; waitBeganNs: number; waitEndedNs: number }[]
  readonly #seen: (Seen | undefined)[] = []

  constructor(recording: Recording, cast: Cast) {
    this.#moments = recording.moments!
    this.#cast = cast
    this.#vcpuOf = new Map(cast.vcpus.map((pid, vcpu) => [pid, vcpu]))
    this.#zapperOf = new Map(cast.zappers.map((pid, zapper) => [pid, zapper]))
    this.#faults = cast.vcpus.map(newFaultOrder)
    this.#takings = [...cast.notifiers, ...cast.zappers].map(newTakingOrder)
    this.#lastOf = cast.vcpus.map(() => ({ atNs: 0, cpu: -1, waitBeganNs: NO_WAIT, waitEndedNs: NO_WAIT }))
    this.#roleOf = new Uint32Array(cast.takings.log.length).fill(NEVER)
    this.#ordinalOf = new Uint32Array(cast.takings.log.length)
    for (const [notifier, { indices }] of cast.notifiers.entries()) {
      for (const [ordinal, index] of indices.entries()) {
        this.#roleOf[index] = notifier
        this.#ordinalOf[index] = ordinal
      }
    }
  }

  run(): Order {
    for (let index = 0; index < this.#moments.length; index += 1) this.#take(index)
    return { faults: this.#faults, takings: this.#takings }
  }

  #take(index: number): void {
    const moments = this.#moments
    const atNs = moments.atNs(index)
    const pid = moments.pid(index)
    const what = moments.what(index)
    const value = moments.value(index)
    const vcpu = this.#vcpuOf.get(pid)
    const hasWaited = what === WAIT_END && value === this.#cast.mmuLock
    if (hasWaited || what === INSTALL || what === TDP_INSTALL || what === ZAP) this.#has(pid, atNs, hasWaited)
    if (what === UNMAP) this.#unmap(pid, value, atNs)
    else if (what === GFNS_TAKEN) this.#unmap(pid, this.#cast.takings.gfnsFrom + value, atNs)
    else if (what === ZAP) this.#zap(pid, value, atNs)
    else if (what === WAIT_BEGIN && value === this.#cast.mmuLock) this.#waitBegin(pid, atNs)
    else if (what === WAIT_END && value === this.#cast.mmuLock) this.#waitEnd(pid, vcpu, atNs)
    else if (what === RETRY && vcpu !== undefined) this.#forgetWait(vcpu)
    else if (what === NEIGHBOUR && vcpu !== undefined) this.#neighbour(vcpu, value, atNs)
    else if (what === this.#cast.fault && vcpu !== undefined) this.#fault(vcpu, value, atNs, moments.cpu(index), pid)
    this.#see(moments.cpu(index), pid, atNs)
  }

  #fault(vcpu: number, gfn: number, atNs: number, cpu: number, pid: number): void {
    const order = this.#faults[vcpu]!
    const last = this.#lastOf[vcpu]!
    this.#underWay.delete(pid)
    if (!this.#cast.isPlayed(gfn)) {
      this.#lastOf[vcpu] = { ...last, waitBeganNs: NO_WAIT, waitEndedNs: NO_WAIT }
      return
    }
    const isMapped = this.#mapped.isMapped(gfn)
    const cause = isMapped ? undefined : this.#mapped.causeOf(gfn)
    if (isMapped) order.stillMapped += 1
    order.gfns.push(gfn)
    order.atNs.push(atNs)
    order.lastNs.push(atNs)
    // If fault events are recorded, a wait before one belongs to the previous fault.
    const isSpte = this.#cast.fault === INSTALL || this.#cast.fault === TDP_INSTALL
    order.waitBeganNs.push(isSpte ? last.waitBeganNs : NO_WAIT)
    order.waitEndedNs.push(isSpte ? last.waitEndedNs : NO_WAIT)
    order.causeRole.push(cause?.role ?? NEVER)
    order.causeCount.push(cause?.count ?? 0)
    order.causeNs.push(cause === undefined ? 0 : this.#timeOf(cause))
    order.first.push(this.#blocks.isFirst(gfn) ? 1 : 0)
    order.away.push(this.#wasAway(last.cpu, pid, last.atNs) ? 1 : 0)
    this.#mapped.map(gfn, { role: vcpu, count: order.gfns.length })
    this.#lastOf[vcpu] = { atNs, cpu, waitBeganNs: NO_WAIT, waitEndedNs: NO_WAIT }
  }

  /** The wait ended in a retry: the next SPTE is that of another fault. */
  #forgetWait(vcpu: number): void {
    this.#lastOf[vcpu] = { ...this.#lastOf[vcpu]!, waitBeganNs: NO_WAIT, waitEndedNs: NO_WAIT }
  }

  #neighbour(vcpu: number, gfn: number, atNs: number): void {
    const order = this.#faults[vcpu]!
    if (order.gfns.length === 0) return
    this.#mapped.map(gfn, { role: vcpu, count: order.gfns.length })
    order.lastNs.set(order.lastNs.length - 1, atNs)
  }

  #waitBegin(pid: number, atNs: number): void {
    this.#waitBegan.set(pid, atNs)
    const holding = this.#holding.get(pid)
    if (holding !== undefined) holding.waits = true
  }

  /**
   * The task has the lock, so all others have released it that were not waiting for it: just now if it has waited, else at some time before.
   */
  #has(pid: number, atNs: number, hasWaited: boolean): void {
    for (const [other, holding] of this.#holding) {
      if (other === pid) holding.waits = false
      else if (!holding.waits) {
        if (hasWaited) holding.order.heldUntilNs.set(holding.ordinal, atNs)
        this.#holding.delete(other)
      }
    }
  }

  #waitEnd(pid: number, vcpu: number | undefined, atNs: number): void {
    const began = this.#waitBegan.get(pid)
    this.#waitBegan.delete(pid)
    if (began === undefined) return
    if (vcpu !== undefined) {
      this.#lastOf[vcpu]!.waitBeganNs = began
      this.#lastOf[vcpu]!.waitEndedNs = atNs
    }
    // Only now can it remove pages that were mapped since it began; after the first of its two lock acquisitions none of them can be mapped.
    const unmap = this.#underWay.get(pid)
    if (unmap === undefined) return
    this.#takeRange(unmap.index)
    unmap.waits += 1
    if (unmap.waits === 2) this.#underWay.delete(pid)
  }

  #unmap(pid: number, index: number, atNs: number): void {
    const notifier = this.#roleOf[index]!
    if (notifier === NEVER) return
    this.#underWay.set(pid, { index, waits: 0 })
    this.#begin(this.#takings[notifier]!, atNs)
    this.#holding.set(pid, { order: this.#takings[notifier]!, ordinal: this.#ordinalOf[index]!, waits: false })
    this.#takeRange(index)
  }

  #takeRange(index: number): void {
    const notifier = this.#roleOf[index]!
    const { log } = this.#cast.takings
    for (const range of gfnRanges(this.#cast.slots, log.start(index), log.end(index))) {
      this.#takeAway(notifier, this.#ordinalOf[index]!, range)
    }
  }

  #zap(pid: number, run: number, atNs: number): void {
    this.#blocks.zapped()
    const zapper = this.#zapperOf.get(pid)
    if (zapper === undefined) return
    const index = this.#cast.notifiers.length + zapper
    const order = this.#takings[index]!
    if (this.#zapRun.get(pid) === run) {
      order.lastNs.set(order.lastNs.length - 1, atNs)
      return
    }
    this.#zapRun.set(pid, run)
    this.#begin(order, atNs)
    this.#takeAway(index, order.atNs.length - 1, { start: 0, end: 2 ** 40 })
  }

  #begin({ atNs, lastNs, heldUntilNs, taken, after }: TakingOrder, at: number): void {
    heldUntilNs.push(-1)
    atNs.push(at)
    lastNs.push(at)
    taken.push(0)
    for (const _ of this.#faults) after.push(0)
  }

  #takeAway(taking: number, ordinal: number, range: PageRange): void {
    const order = this.#takings[taking]!
    const vcpus = this.#faults.length
    const by = { role: vcpus + taking, count: ordinal + 1 }
    let count = 0
    const was = (mapped: Done) => {
      count += 1
      this.#disclaim(mapped, by)
      const at = ordinal * vcpus + mapped.role
      if (order.after.at(at) < mapped.count) order.after.set(at, mapped.count)
    }
    this.#mapped.take(range, by, was)
    if (count > 0) order.taken.set(ordinal, order.taken.at(ordinal) + count)
  }

  /** A fault that came before the zap that was taken for its cause: its gfn was mapped, by another vCPU at the same time. */
  #disclaim({ role, count }: Done, by: Done): void {
    const order = this.#faults[role]!
    if (order.causeRole.at(count - 1) !== by.role || order.causeCount.at(count - 1) !== by.count) return
    order.causeRole.set(count - 1, NEVER)
    order.stillMapped += 1
  }

  #timeOf({ role, count }: Done): number {
    return this.#takings[role - this.#faults.length]!.atNs.at(count - 1)
  }

  #see(cpu: number, pid: number, atNs: number): void {
    const seen = this.#seen[cpu]
    if (seen === undefined) this.#seen[cpu] = { pid, atNs, otherNs: Number.NEGATIVE_INFINITY }
    else if (seen.pid === pid) seen.atNs = atNs
    else this.#seen[cpu] = { pid, atNs, otherNs: seen.atNs }
  }

  /** Whether another task than `pid` has run on the CPU since. */
  #wasAway(cpu: number, pid: number, sinceNs: number): boolean {
    const seen = this.#seen[cpu]
    if (seen === undefined) return false
    return (seen.pid === pid ? seen.otherNs : seen.atNs) > sinceNs
  }
}

/** The gfns whose memory lies in [start, end). */
const gfnRanges = (slots: readonly RecordedMemslot[], start: number, end: number): readonly PageRange[] =>
  slots.flatMap(({ baseGfn, hva, pages }) => {
    const from = Math.max(start, hva)
    const to = Math.min(end, hva + pages)
    return from < to ? [{ start: baseGfn + from - hva, end: baseGfn + to - hva }] : []
  })
