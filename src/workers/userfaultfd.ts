import { BROADCAST_KIND, WORK_KIND } from '../protocols/costs.ts'
import type { Vm } from '../protocols/vm.ts'
import { type Cpu, type Word, wordAt } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { RING, WORDS } from './scaling-plan.ts'

// Memory that a VMM brings page by page, as after a live migration: a fault on a page that is not there yet waits until one of its
// readers has resolved it.

/** No fault will come any more. */
const CLOSED = -1

const ring = (vm: Vm, at: number): Word => wordAt(vm.meeting, WORDS.ring(at))
const head = (vm: Vm): Word => wordAt(vm.meeting, WORDS.queue(0))
const tail = (vm: Vm): Word => wordAt(vm.meeting, WORDS.queue(1))
const left = (vm: Vm): Word => wordAt(vm.meeting, WORDS.queue(2))
/** 1 while the CPU's fault waits. */
const mailOf = (vm: Vm, cpu: number): Word => wordAt(vm.meeting, WORDS.mail(cpu))

/**
 * `handle_userfault()`, fs/userfaultfd.c: the fault is queued under the lock of the wait queues, which all faults and readers share, and the task
 * sleeps until a reader wakes it.
 */
export function* handleUserfault(cpu: Cpu, vm: Vm): Steps<void> {
  const mail = mailOf(vm, cpu.id)
  yield* cpu.store(mail, 1)
  yield* vm.mnInvalidateLock.acquire(cpu)
  const at = yield* cpu.read(tail(vm))
  yield* cpu.write(ring(vm, at), cpu.id)
  yield* cpu.store(tail(vm), at + 1)
  yield* vm.mnInvalidateLock.release(cpu)
  yield* cpu.unpark(tail(vm), 1)
  yield* cpu.untilEqual(mail, 0)
  // Out, and in again.
  yield* cpu.work(WORK_KIND.context_switch, 1)
}

/** One of `faulters` CPUs has nothing to do any more. The last lets the readers go. */
export function* leaveUserfaults(cpu: Cpu, vm: Vm, faulters: number): Steps<void> {
  const before = yield* cpu.add(left(vm), 1)
  if (before + 1 < faulters) return
  yield* cpu.store(tail(vm), CLOSED)
  yield* cpu.unpark(tail(vm), RING)
}

/** The role of a task of the VMM that reads faults from a userfaultfd, copies the page to its place and wakes the task that faulted. */
export function* runUffdReader(cpu: Cpu, vm: Vm): Steps<void> {
  for (;;) {
    // By asking a CPU takes part in the window that is measured; the faults decide when it is over for a reader.
    cpu.running()
    yield* vm.mnInvalidateLock.acquire(cpu)
    const at = yield* cpu.read(head(vm))
    const end = yield* cpu.read(tail(vm))
    const isEmpty = at === end || end === CLOSED
    const faulter = isEmpty ? 0 : yield* cpu.read(ring(vm, at))
    if (!isEmpty) yield* cpu.write(head(vm), at + 1)
    yield* vm.mnInvalidateLock.release(cpu)
    if (end === CLOSED) return
    if (isEmpty) yield* cpu.park(tail(vm), end)
    else yield* resolveFor(cpu, vm, faulter)
  }
}

/** UFFDIO_COPY: the page is copied, and the fault woken under the lock of the wait queues. */
function* resolveFor(cpu: Cpu, vm: Vm, faulter: number): Steps<void> {
  yield* cpu.work(WORK_KIND.uffd_copy, 1)
  yield* cpu.broadcast(BROADCAST_KIND.clear_page, 1)
  yield* vm.mnInvalidateLock.acquire(cpu)
  yield* cpu.store(mailOf(vm, faulter), 0)
  yield* vm.mnInvalidateLock.release(cpu)
}
