import { type Cpu, type Direct, MB, type Word } from '../shared-memory/cpu.ts'
import type * as Shared from '../shared-memory/index.ts'
import type { Place } from '../shared-memory/place.ts'
import { type RecordBuffer, Records, type Shape } from '../shared-memory/records.ts'
import { compileFor } from './compile-for.ts'
import { Control, RunAborted, STOP } from './control.ts'
import { ThreadCpu } from './cpu.ts'
import { buildFor, cpuFor } from './for-words.ts'
import type { Memory, Words } from './memory.ts'
import { Status } from './status.ts'

/** What a crew works on: a lock or another primitive, two words for it to protect, and a word for anything else. */
export type Subject = {
  readonly kind: Kind
  readonly isWatched?: boolean
  /** What touches the words; `mixed`: of every two members one runs on WebAssembly, the other calls Atomics on the same memory. */
  readonly words?: Words | 'mixed'
}

type Library = typeof Shared

/** Two members exclude each other by plain stores, each before a look at the other's flag: smp_mb() between them is all that orders these. */
class PlainFlags {
  readonly #flags: readonly [Word, Word]

  constructor(flags: readonly [Word, Word]) {
    this.#flags = flags
  }

  acquire(cpu: Direct<Cpu>): void {
    const [mine, other] = cpu.id === 0 ? this.#flags : this.#flags.toReversed()
    for (;;) {
      cpu.write(mine!, 1)
      cpu.barrier(MB)
      if (cpu.read(other!) === 0) return
      cpu.storeRelease(mine!, 0)
      cpu.pause()
    }
  }

  release(cpu: Direct<Cpu>): void {
    cpu.storeRelease(this.#flags[cpu.id]!, 0)
  }
}

const BUILD = {
  qspinlock: (library: Library, place: Place, cpus: number) => new library.QSpinLock(place, cpus),
  'cna-qspinlock': (library: Library, place: Place, cpus: number) =>
    new library.CnaQSpinLock(place, cpus, (cpu) => cpu % 2, 8),
  'pv-qspinlock': (library: Library, place: Place, cpus: number) => new library.PvQSpinLock(place, cpus),
  qrwlock: (library: Library, place: Place, cpus: number) => new library.QRwLock(place, cpus),
  'pv-qrwlock': (library: Library, place: Place, cpus: number) =>
    new library.QRwLock(place, cpus, undefined, (queue) => new library.PvQSpinLock(queue, cpus)),
  ticket: (library: Library, place: Place) => new library.TicketLock(place),
  tatas: (library: Library, place: Place) => new library.TatasLock(place),
  mutex: (library: Library, place: Place) => new library.Mutex(place),
  rwsem: (library: Library, place: Place, cpus: number) => new library.RwSem(place, cpus),
  seqcount: (library: Library, place: Place) => new library.SeqCount(place),
  rcuwait: (library: Library, place: Place) => new library.RcuWait(place),
  srcu: (library: Library, place: Place, cpus: number) => new library.Srcu(place, cpus),
  'plain flags': (_: Library, place: Place) => new PlainFlags([place.line('first'), place.line('second')]),
} as const
export type Kind = keyof typeof BUILD

/** The same words in every thread, for every build of `library`. */
export function placeSubject(library: Library, { kind, isWatched = false }: Subject, cpus: number) {
  const place = new library.Place()
  const bare = BUILD[kind](library, place.within(kind), cpus)
  const left = place.line('left', 'owner')
  const right = place.line('right', 'owner')
  return { place, lock: isWatched ? watched(library, bare) : bare, left, right, flag: place.line('flag') }
}

function watched(library: Library, lock: object): object {
  return 'readLock' in lock
    ? new library.WatchedRwLock(lock as Shared.RwLock)
    : new library.WatchedLock(lock as Shared.Lock)
}

/** What all members of a crew share; goes through `postMessage`. */
export type CrewTask = {
  readonly cpu: number
  /** It never reaches the start barrier. */
  readonly isAstray?: boolean
  readonly subject: Subject
  readonly spinLooks: number
  readonly memory: Memory
  readonly control: Int32Array<SharedArrayBuffer>
  readonly shape: Shape
  readonly records: readonly RecordBuffer<SharedArrayBuffer>[]
  readonly orders: Int32Array<SharedArrayBuffer>
}

/** One line of orders a member: how many were given and carried out, which one, its arguments, and what came of it. */
export const ORDER_STRIDE = 32
export const GIVEN = 0
export const DONE = 1
export const METHOD = 2
export const ARGUMENTS = 3
export const RESULT = 6

/** What a member can be told to do: a method of the subject, of its CPU, or one of the drills. */
export const METHODS = [
  'acquire',
  'tryAcquire',
  'release',
  'readLock',
  'tryReadLock',
  'readUnlock',
  'writeLock',
  'tryWriteLock',
  'writeUnlock',
  'isContended',
  'readBegin',
  'readRetry',
  'writeBegin',
  'writeEnd',
  'prepare',
  'setUninterruptible',
  'schedule',
  'finish',
  'wakeUp',
  'synchronize',
  'cpu.load',
  'cpu.store',
  'cpu.add',
  'cpu.cas',
  'cpu.untilEqual',
  'cpu.untilClear',
  'cpu.park',
  'cpu.unpark',
  'drill.exclude',
  'drill.share',
  'drill.sequence',
  'drill.throw',
  'drill.exit',
  'drill.loop',
] as const
export type Method = (typeof METHODS)[number]

/** Task of a crew: carries out orders until the run is stopped. */
export async function obey(task: CrewTask): Promise<void> {
  const isPlain = task.subject.words === 'mixed' && task.cpu % 2 === 1
  const build = isPlain ? 'direct' : buildFor(task.memory)
  const library: Library = await import(new URL(`../${build}/shared-memory/index.js`, import.meta.url).href)
  const control = new Control(task.control)
  const targets = targetsOf(task, library, control, isPlain)
  if (task.isAstray) for (;;);
  control.arriveAndWait()

  const own = task.orders.subarray(task.cpu * ORDER_STRIDE, (task.cpu + 1) * ORDER_STRIDE)
  for (let order = 0; control.phase !== STOP; ) {
    Atomics.wait(own, GIVEN, order, 20)
    if (Atomics.load(own, GIVEN) === order) continue
    order += 1
    own[RESULT] = carryOut(METHODS[own[METHOD]!]!, targets, own.subarray(ARGUMENTS, RESULT))
    Atomics.store(own, DONE, order)
  }
  if (control.isAborted) throw new RunAborted()
}

type Call = (...args: unknown[]) => unknown
type Targets = { readonly cpu: ThreadCpu; readonly lock: object; readonly drills: Record<string, Call> }

function carryOut(method: Method, { cpu, lock, drills }: Targets, args: Int32Array): number {
  const [target, name] = method.split('.') as [string, string | undefined]
  if (target === 'drill') return Number(drills[name!]!(...args))
  if (target === 'cpu') return Number((cpu as unknown as Record<string, Call>)[name!]!(...args))
  return Number((lock as Record<string, Call>)[target]!(cpu, ...args))
}

function targetsOf(task: CrewTask, library: Library, control: Control, isPlain: boolean): Targets {
  const records = new Records(task.shape, task.records).of(task.cpu)
  const newCpu = isPlain ? (...args: Parameters<typeof cpuFor>) => new ThreadCpu(...args) : cpuFor
  const cpu = newCpu(task.cpu, task.memory, task.spinLooks, {
    control,
    cpus: task.shape.cpus,
    measured: records,
    unmeasured: records,
    status: new Status(task.memory.standings).writer(task.cpu),
    workTurns: [],
    broadcastTurns: [],
    interconnect: new Int32Array(new SharedArrayBuffer(4)),
    keepsLockStatistics: task.subject.isWatched ?? false,
    leads: false,
    kept: undefined,
    originMs: 0,
  })
  const { lock, left, right } = placeSubject(library, task.subject, task.shape.cpus)
  if (!isPlain) compileFor({ lock }, cpu, task.memory, task.subject.isWatched)
  const drill = { cpu: cpu as never, left, right, continuing: () => control.phase !== STOP }
  return { cpu, lock, drills: drillsOn(lock as never, drill) }
}

/** Counters and the oracle of the drills. */
export const WRITES = 0
export const READS = 1
export const TORN = 0

type Drill = { readonly cpu: Cpu; readonly left: Word; readonly right: Word; readonly continuing: () => boolean }

function drillsOn(lock: object, drill: Drill): Targets['drills'] {
  return {
    exclude: () => exclude(writeSideOf(lock), drill),
    share: () => share(lock as never, drill),
    sequence: () => sequence(lock as never, drill),
    throw: () => {
      throw new Error('as it was told')
    },
    exit: () => process.exit(7),
    loop: () => {
      drill.cpu.count(WRITES, 1)
      for (;;);
    },
  }
}

/** A lock as seen by a member that wants it alone. */
function writeSideOf(lock: object): Direct<Pick<Shared.Lock, 'acquire' | 'release'>> {
  if (!('writeLock' in lock)) return lock as never
  const rwlock = lock as unknown as Direct<Shared.RwLock>
  return { acquire: (cpu) => rwlock.writeLock(cpu), release: (cpu) => rwlock.writeUnlock(cpu) }
}

/** Counts up both words under the lock, with plain accesses only. */
function exclude(lock: ReturnType<typeof writeSideOf>, drill: Drill): void {
  while (drill.continuing()) {
    lock.acquire(drill.cpu)
    countUp(drill)
    lock.release(drill.cpu)
    drill.cpu.count(WRITES, 1)
  }
}

/** Three times out of four only looks. */
function share(lock: Direct<Shared.RwLock>, drill: Drill): void {
  const { cpu, left, right } = drill
  for (let turn = cpu.id; drill.continuing(); turn += 1) {
    if (turn % 4 === 0) {
      lock.writeLock(cpu)
      countUp(drill)
      lock.writeUnlock(cpu)
      cpu.count(WRITES, 1)
    } else {
      lock.readLock(cpu)
      const [a, b] = plain(cpu, left, right)
      lock.readUnlock(cpu)
      if (a !== b) cpu.violation(TORN, a)
      cpu.count(READS, 1)
    }
  }
}

/** CPU 0 writes, all others read. */
function sequence(seqcount: Direct<Shared.SeqCount>, drill: Drill): void {
  const { cpu, left, right } = drill
  while (drill.continuing()) {
    if (cpu.id === 0) {
      seqcount.writeBegin(cpu)
      countUp(drill)
      seqcount.writeEnd(cpu)
      cpu.count(WRITES, 1)
    } else {
      const start = seqcount.readBegin(cpu)
      const [a, b] = plain(cpu, left, right)
      if (seqcount.readRetry(cpu, start)) continue
      if (a !== b) cpu.violation(TORN, a)
      cpu.count(READS, 1)
    }
  }
}

function countUp({ cpu, left, right }: Drill): void {
  const direct = cpu as unknown as Direct<Cpu>
  const [a, b] = plain(cpu, left, right)
  if (a !== b) cpu.violation(TORN, a)
  direct.write(left, a + 1)
  direct.write(right, b + 1)
}

function plain(cpu: Cpu, left: Word, right: Word): [number, number] {
  const direct = cpu as unknown as Direct<Cpu>
  return [direct.read(left), direct.read(right)]
}
