import type { Cpu, Direct, Word } from '../shared-memory/cpu.ts'
import type * as Locks from '../shared-memory/index.ts'
import type { Place } from '../shared-memory/place.ts'
import { Control, DRAIN, STOP, WARMUP } from './control.ts'
import { SPIN_LOOKS, SPIN_LOOKS_CROWDED } from './cpu.ts'
import { buildFor, cpuFor } from './for-words.ts'
import type { Memory } from './memory.ts'

/** A task for WorkerGroup: does one operation on one primitive over and over. */
export type PrimitiveTask = {
  readonly primitive: PrimitiveName
  readonly cpu: number
  readonly cpus: number
  readonly isCrowded: boolean
  readonly memory: Memory
  readonly control: Int32Array<SharedArrayBuffer>
}

export type PrimitiveResult = {
  /** Operations in the measured window, or null for a worker that only keeps the others company. */
  readonly measured: number | null
  /** All operations from the start to the end that ought to have counted the guarded word up. */
  readonly guardedOperations: number
  readonly spanMs: number
  /** The longest time of one operation in that window; null if no other worker takes the lock. */
  readonly longestMs: number | null
}

export const PRIMITIVES = [
  'qspinlock',
  'pv-qspinlock',
  'ticket',
  'ticket-by-hand',
  'tatas',
  'mutex',
  'qrwlock-read',
  'qrwlock-write',
  'pv-qrwlock-read',
  'pv-qrwlock-write',
  'rwsem-read',
  'rwsem-write',
  'seqcount-read',
  'seqcount-write',
] as const
export type PrimitiveName = (typeof PRIMITIVES)[number]

type Library = typeof Locks

/** Operations between two looks at the phase. */
const BATCH = 64

/** The words of a primitive, and the data that it protects: the same in every thread. */
export function placePrimitive(library: Library, primitive: PrimitiveName, cpus: number) {
  const place = new library.Place()
  const own = place.within(primitive)
  const build = {
    qspinlock: () => new library.QSpinLock(own, cpus),
    'pv-qspinlock': () => new library.PvQSpinLock(own, cpus),
    ticket: () => new library.TicketLock(own),
    'ticket-by-hand': () => new library.TicketLock(own),
    tatas: () => new library.TatasLock(own),
    mutex: () => new library.Mutex(own),
    'qrwlock-read': () => new library.QRwLock(own, cpus),
    'qrwlock-write': () => new library.QRwLock(own, cpus),
    'pv-qrwlock-read': () => paravirtRwLock(library, own, cpus),
    'pv-qrwlock-write': () => paravirtRwLock(library, own, cpus),
    'rwsem-read': () => new library.RwSem(own, cpus),
    'rwsem-write': () => new library.RwSem(own, cpus),
    'seqcount-read': () => new library.SeqCount(own),
    'seqcount-write': () => new library.SeqCount(own),
  }[primitive]
  return { place, lock: build(), guarded: place.line('guarded', 'owner') }
}

/** The queued rwlock of a guest's kernel, whose queue is the paravirtual spinlock. */
const paravirtRwLock = (library: Library, place: Place, cpus: number) =>
  new library.QRwLock(place, cpus, undefined, (queue) => new library.PvQSpinLock(queue, cpus))

/** The worker's operation on the primitive, `n` times; whether it is the measured one; and a counter of the guarded word. */
type Operation = { readonly run: (n: number) => void; readonly isMeasured: boolean; readonly counts: boolean }

/**
 * Each isolate calls this once, so each loop meets one class of lock and stays monomorphic. Of a sequence counter, worker 0
 * writes and the others read as soon as there are two.
 */
function operationOf(
  { primitive, cpu: id, cpus, memory: { words } }: PrimitiveTask,
  library: Library,
  cpu: Cpu,
  { lock, guarded }: ReturnType<typeof placePrimitive>,
): Operation {
  if (primitive === 'ticket-by-hand') {
    const { next, serving } = lock as Locks.TicketLock
    return { run: byHand(new TicketByHand(words, next, serving), words, guarded), isMeasured: true, counts: true }
  }
  if (lock instanceof library.SeqCount) {
    const isWriter = id === 0 && (primitive === 'seqcount-write' || cpus > 1)
    const isMeasured = isWriter === (primitive === 'seqcount-write')
    const seqcount: Direct<Locks.SeqCount> = lock as never
    return {
      run: isWriter ? writeSeq(seqcount, cpu, words, guarded) : readSeq(seqcount, cpu, words, guarded),
      isMeasured,
      counts: isWriter,
    }
  }
  if ('readLock' in lock) {
    const rwlock: Direct<Locks.RwLock> = lock as never
    const isRead = primitive.endsWith('read')
    return { run: isRead ? share(rwlock, cpu) : write(rwlock, cpu, words, guarded), isMeasured: true, counts: !isRead }
  }
  return { run: exclude(lock as never, cpu, words, guarded), isMeasured: true, counts: true }
}

type Loop = (n: number) => void

const exclude =
  (lock: Direct<Locks.Lock>, cpu: Cpu, words: Int32Array, guarded: Word): Loop =>
  (n) => {
    for (let i = 0; i < n; i += 1) {
      lock.acquire(cpu)
      words[guarded]! += 1
      lock.release(cpu)
    }
  }

/** The ticket lock as one would write it for its own sake, with the waiting that a crowd needs left out. */
class TicketByHand {
  readonly #words: Int32Array
  readonly #next: number
  readonly #serving: number

  constructor(words: Int32Array, next: number, serving: number) {
    this.#words = words
    this.#next = next
    this.#serving = serving
  }

  acquire(): void {
    const ticket = Atomics.add(this.#words, this.#next, 1)
    while (Atomics.load(this.#words, this.#serving) !== ticket);
  }

  release(): void {
    Atomics.store(this.#words, this.#serving, (Atomics.load(this.#words, this.#serving) + 1) | 0)
  }
}

const byHand =
  (lock: TicketByHand, words: Int32Array, guarded: Word): Loop =>
  (n) => {
    for (let i = 0; i < n; i += 1) {
      lock.acquire()
      words[guarded]! += 1
      lock.release()
    }
  }

const write =
  (lock: Direct<Locks.RwLock>, cpu: Cpu, words: Int32Array, guarded: Word): Loop =>
  (n) => {
    for (let i = 0; i < n; i += 1) {
      lock.writeLock(cpu)
      words[guarded]! += 1
      lock.writeUnlock(cpu)
    }
  }

const share =
  (lock: Direct<Locks.RwLock>, cpu: Cpu): Loop =>
  (n) => {
    for (let i = 0; i < n; i += 1) {
      lock.readLock(cpu)
      lock.readUnlock(cpu)
    }
  }

const writeSeq =
  (seqcount: Direct<Locks.SeqCount>, cpu: Cpu, words: Int32Array, guarded: Word): Loop =>
  (n) => {
    for (let i = 0; i < n; i += 1) {
      seqcount.writeBegin(cpu)
      words[guarded]! += 1
      seqcount.writeEnd(cpu)
    }
  }

const readSeq = (seqcount: Direct<Locks.SeqCount>, cpu: Cpu, words: Int32Array, guarded: Word): Loop => {
  let sink = 0
  return (n) => {
    for (let i = 0; i < n; i += 1) {
      let sequence: number
      do {
        sequence = seqcount.readBegin(cpu)
        sink = words[guarded]! + (sink & 1)
      } while (seqcount.readRetry(cpu, sequence))
    }
  }
}

/** The measured window of a worker that never waits. */
function alone(control: Control, batch: Loop): null {
  while (control.phase < DRAIN) batch(BATCH)
  return null
}

/** A batch that took longer held a wait. */
const QUICK_MS = 0.02

/**
 * The measured window of a worker among others; returns the longest time of an operation, in ms. The clock is read between batches, which
 * costs 0.7 ns an operation. A batch that held a wait is followed by one of a single operation, then of 2, 4 and so on; so where waits
 * are frequent each is timed alone, and elsewhere the longest wait comes out too long by at most a batch of quick operations.
 */
function among(control: Control, batch: Loop): number {
  let longestMs = 0
  let last = performance.now()
  for (let size = 1; control.phase < DRAIN; ) {
    batch(size)
    const now = performance.now()
    const tookMs = now - last
    last = now
    if (tookMs > longestMs) longestMs = tookMs
    size = tookMs > QUICK_MS ? 1 : Math.min(size * 2, BATCH)
  }
  return longestMs
}

/** Plays one worker: until all are warm, while they are measured, and until the last has been. */
export async function operate(task: PrimitiveTask): Promise<PrimitiveResult> {
  const { memory } = task
  const library: Library = await import(new URL(`../${buildFor(memory)}/shared-memory/index.js`, import.meta.url).href)
  const cpu = cpuFor(task.cpu, memory, task.isCrowded ? SPIN_LOOKS_CROWDED : SPIN_LOOKS)
  const placed = placePrimitive(library, task.primitive, task.cpus)
  if (memory.wasm !== undefined) {
    const { compileFor } = await import('./compile-for.ts')
    compileFor({ lock: placed.lock }, cpu, memory)
  }
  const { run, isMeasured, counts } = operationOf(task, library, cpu as never, placed)
  const control = new Control(task.control)
  let all = 0
  const batch = (n: number) => {
    run(n)
    all += n
  }
  control.arriveAndWait()
  while (control.phase === WARMUP) batch(BATCH)
  const before = all
  const began = performance.now()
  const longestMs = task.cpus === 1 ? alone(control, batch) : among(control, batch)
  const spanMs = performance.now() - began
  const measured = isMeasured ? all - before : null
  control.drainedOne(task.cpus)
  while (control.phase !== STOP) batch(1)
  return { measured, guardedOperations: counts ? all : 0, spanMs, longestMs }
}
