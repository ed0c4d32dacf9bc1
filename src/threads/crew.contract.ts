// For tests: worker threads that carry out one order after the other, on a lock of the direct build.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Word } from '../shared-memory/cpu.ts'
import * as stepped from '../shared-memory/index.ts'
import type { Place } from '../shared-memory/place.ts'
import { Records, type Shape } from '../shared-memory/records.ts'
import { Control, RunAborted, STOP, WARMUP } from './control.ts'
import { SPIN_LOOKS_CROWDED } from './cpu.ts'
import {
  ARGUMENTS,
  type CrewTask,
  DONE,
  GIVEN,
  METHOD,
  METHODS,
  type Method,
  ORDER_STRIDE,
  placeSubject,
  READS,
  RESULT,
  type Subject,
  TORN,
  WRITES,
} from './crew-worker.contract.ts'
import { WorkerGroup } from './group.ts'
import { allocate, type Memory } from './memory.ts'
import { Status } from './status.ts'
import { describeWait } from './watchdog.ts'

/** Nothing that a test waits for takes this long, even on a busy machine. */
const DEADLINE_MS = 30_000

/** A worker that has not stopped by then is ended. */
const STOP_MS = 200

/** Workers whose crew has been dismissed, by the size of the crew. To start and to load one takes 0.1 s and more of CPU time. */
const idle = new Map<number, WorkerGroup[]>()

export class Crew implements AsyncDisposable {
  readonly place: Place
  /** The stepped build's view of the lock: where its words are. */
  readonly lock: object
  readonly left: Word
  readonly right: Word
  readonly flag: Word
  readonly memory: Memory
  readonly records: Records
  readonly status: Status
  readonly control = new Control()
  readonly members: readonly Member[]
  /** How each of them ended, once they have. */
  readonly settled: Promise<PromiseSettledResult<void>[]>
  readonly #group: WorkerGroup
  #failure: unknown

  /** With `spinLooks` 0 a waiter sleeps at once. The CPUs `astray` never come to the start. */
  constructor(subject: Subject, cpus: number, spinLooks = SPIN_LOOKS_CROWDED, astray: readonly number[] = []) {
    const { place, lock, left, right, flag } = placeSubject(stepped, subject, cpus)
    this.place = place
    this.lock = lock
    this.left = left
    this.right = right
    this.flag = flag
    this.memory = allocate(place, subject.words === 'mixed' ? 'wasm' : subject.words, cpus)
    this.status = new Status(this.memory.standings)
    const shape: Shape = { cpus, counters: 2, histograms: 0, locks: place.locks.length, oracles: 1 }
    const buffers = Records.buffers(shape, SharedArrayBuffer)
    this.records = new Records(shape, buffers)
    const orders = new Int32Array(new SharedArrayBuffer(cpus * ORDER_STRIDE * 4))
    const tasks = Array.from({ length: cpus }, (_, cpu): CrewTask => {
      const { memory, control } = this
      return {
        cpu,
        isAstray: astray.includes(cpu),
        subject,
        spinLooks,
        memory,
        control: control.words,
        shape,
        records: buffers,
        orders,
      }
    })
    this.members = tasks.map(({ cpu }) => new Member(this, cpu, orders))
    this.#group = idle.get(cpus)?.pop() ?? new WorkerGroup(new URL('./crew-worker.contract.js', import.meta.url), cpus)
    this.settled = this.#group.run<CrewTask, void>('obey', tasks, this.control)
    this.settled.then((settled) => {
      const failed = settled.find(({ status }) => status === 'rejected')
      this.#failure ??= failed === undefined ? undefined : (failed as PromiseRejectedResult).reason
    })
  }

  /** All are at work and await orders. */
  static async of(subject: Subject, cpus: number, spinLooks?: number): Promise<Crew> {
    const crew = new Crew(subject, cpus, spinLooks)
    await crew.until(() => crew.control.arrived === cpus, 'all workers to arrive')
    crew.control.advance(WARMUP)
    return crew
  }

  /** The value of a word, as the main thread sees it. */
  valueOf(word: Word): number {
    return Atomics.load(this.memory.words, word)
  }

  /** Looks until `holds`; a worker that fails or a wait without end fails the test. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS
    while (!holds()) {
      if (this.#failure !== undefined) throw this.#failure
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what}:\n${this.#report()}`)
      await turnOfTheEventLoop()
    }
  }

  /** All do the same drill until each has done it `times` times; then no member is at work any more. */
  async drill(name: 'exclude' | 'share' | 'sequence', times: number): Promise<void> {
    for (const member of this.members) member.begin(`drill.${name}`)
    const slowest = () => Math.min(...this.members.map(({ writes, reads }) => writes + reads))
    await this.until(() => slowest() >= times, `each worker to ${name} ${times} times`)
    await this.settle()
  }

  /** Stops all and says how each of them ended. */
  async settle(): Promise<PromiseSettledResult<void>[]> {
    this.control.advance(STOP)
    return await this.settled
  }

  /** Workers that stop as they are told serve another crew. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.control.abort()
    const settled = await Promise.race([this.settled, sleep(STOP_MS, undefined)])
    if (settled?.every((one) => one.status === 'fulfilled' || one.reason instanceof RunAborted)) {
      idle.set(this.members.length, [...(idle.get(this.members.length) ?? []), this.#group])
      return
    }
    await this.#group.destroy()
    await this.settled
  }

  #report(): string {
    return this.members.map(({ cpu, state }) => `worker ${cpu} ${state}`).join('\n')
  }
}

/** One worker of a crew. */
export class Member {
  readonly cpu: number
  readonly #crew: Crew
  readonly #own: Int32Array<SharedArrayBuffer>

  constructor(crew: Crew, cpu: number, orders: Int32Array<SharedArrayBuffer>) {
    this.cpu = cpu
    this.#crew = crew
    this.#own = orders.subarray(cpu * ORDER_STRIDE, (cpu + 1) * ORDER_STRIDE)
  }

  /** Gives an order and does not wait for it to be carried out. */
  begin(method: Method, ...args: number[]): void {
    this.#own[METHOD] = METHODS.indexOf(method)
    this.#own.set(args, ARGUMENTS)
    Atomics.add(this.#own, GIVEN, 1)
    Atomics.notify(this.#own, GIVEN)
  }

  get isDone(): boolean {
    return Atomics.load(this.#own, DONE) === this.#own[GIVEN]
  }

  /** Whether it waits for a word, awake or asleep. */
  get isWaiting(): boolean {
    return !this.isDone && this.#crew.status.of(this.cpu).word >= 0
  }

  get state(): string {
    const { status, place, memory } = this.#crew
    return this.isDone ? 'awaits orders' : describeWait(status.of(this.cpu), place, memory.words)
  }

  /** The order has been carried out; returns what came of it. */
  async done(): Promise<number> {
    await this.#crew.until(() => this.isDone, `worker ${this.cpu} to be done`)
    return this.#own[RESULT]!
  }

  async do(method: Method, ...args: number[]): Promise<number> {
    this.begin(method, ...args)
    return await this.done()
  }

  /** Gives an order that cannot be carried out yet, and returns when the worker waits. */
  async queue(method: Method, ...args: number[]): Promise<void> {
    this.begin(method, ...args)
    await this.#crew.until(() => this.isWaiting, `worker ${this.cpu} to wait`)
  }

  get writes(): number {
    return this.#crew.records.of(this.cpu).counters[WRITES]!
  }

  get reads(): number {
    return this.#crew.records.of(this.cpu).counters[READS]!
  }

  get torn(): number {
    return this.#crew.records.of(this.cpu).violations(TORN).count
  }
}

const turnOfTheEventLoop = () => new Promise((resolve) => setTimeout(resolve, 1))
