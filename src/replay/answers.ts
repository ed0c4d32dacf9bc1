import type { DeviceGfns } from './device-gfns.ts'
import type { FaultKind } from './event-sink.ts'
import { Evidence } from './evidence.ts'
import type { FaultLog } from './fault-log.ts'
import type { InvalidationLog } from './invalidation-log.ts'
import { NO_GFN, type Task } from './task.ts'

/** The fault of each task that is pending, and what answers it: an SPTE, an access to a device, or what shows that it was none. */
export class Answers {
  /** How many faults were answered by a kvm_mmu_set_spte of the same task, and how many of them with the same gfn. */
  count = 0
  ofSameGfn = 0
  /** Evidence about the location of memory, from fault events. */
  readonly evidence = new Evidence()
  readonly #invalidations: InvalidationLog
  readonly #devices: DeviceGfns

  constructor(invalidations: InvalidationLog, devices: DeviceGfns) {
    this.#invalidations = invalidations
    this.#devices = devices
  }

  faulted(task: Task, atNs: number, gfn: number, log: FaultLog, state: FaultKind['state']): void {
    log.add(atNs, gfn)
    task.pendingGfn = gfn
    task.pendingSeen = this.#invalidations.length
    task.pendingLog = log
    task.progress.faulted(gfn, atNs, state, this.#invalidations.length)
  }

  /** The fault that is pending was one of a device. */
  wasDevice(task: Task): void {
    if (task.pendingGfn === NO_GFN || task.pendingLog === undefined) return
    task.pendingLog.takeBack(task.pendingGfn)
    task.deviceFaults += 1
    task.progress.answered(task.pendingGfn, 1)
    this.#devices.forget(task.pendingGfn)
    task.pendingGfn = NO_GFN
  }

  /** An earlier fault on the page was answered; one that is pending on it tells nothing of where memory is. */
  foundMapped(task: Task, gfn: number): void {
    task.progress.answered(gfn, 1)
    if (task.pendingGfn !== gfn) return
    this.#devices.forget(gfn)
    task.pendingGfn = NO_GFN
  }

  /** The fault before was no access to a device, or that would have shown by now. */
  settle(task: Task): void {
    if (task.pendingGfn === NO_GFN) return
    this.evidence.mapped(task.pendingGfn, 1, task.pendingSeen)
    task.pendingGfn = NO_GFN
  }

  answered(task: Task, gfn: number, pages: number): void {
    if (task.pendingGfn !== NO_GFN) {
      this.count += 1
      if (Math.floor(task.pendingGfn / pages) === Math.floor(gfn / pages)) this.ofSameGfn += 1
    }
    task.progress.answered(gfn, pages)
    this.settle(task)
    task.leavesFault()
  }

  madeWritable(task: Task, gfn: number, pages: number): void {
    task.madeWritable += 1
    task.progress.answered(gfn, pages)
    this.settle(task)
    task.leavesFault()
  }
}
