import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Known } from '../exchange.ts'
import type { Counts, Outcome } from '../search.ts'

/** Words that two threads share which explore the same states. Where there are two in a row, one is the first thread's. */
const IDLE = 0
const BELL = 2
const STATES = 4
/** The helper has loaded the program. */
const READY = 6
/** All that is under way is to be dropped. */
const STOP = 7
/** The table of states has to grow: the helper stands still. */
const GROWS = 8
const STANDS = 9
/** The helper's round is void. */
const REFUTED = 10
const STEPS = 11
/** The helper cannot continue. */
const LOST = 12
/** States that are in the table. */
const STORED = 13
const WORDS = 15

/** A way that is explored further by the thread that gets it: at each of its states, the steppers that are to be tried. */
export type Work = {
  readonly schedule: readonly number[]
  readonly todo: readonly number[]
  /** Those that either thread has tried or will. */
  readonly tried: readonly number[]
}

/** New knowledge about each actor, since the last message. */
export type News = readonly (readonly Known[])[]

/** The first thread's message that starts the helper. */
export type Begin = {
  readonly table: SharedArrayBuffer
  readonly cells: SharedArrayBuffer
  readonly open: readonly SharedArrayBuffer[]
  readonly kept: SharedArrayBuffer
  readonly news: News
}

export type Message =
  | { readonly is: 'begin'; readonly begin: Begin }
  | { readonly is: 'news'; readonly news: News }
  | { readonly is: 'work'; readonly work: Work }
  | { readonly is: 'table'; readonly table: SharedArrayBuffer }
  | { readonly is: 'round'; readonly table: SharedArrayBuffer }
  /** All are idle: requests the knowledge that is missing here. */
  | { readonly is: 'settle'; readonly news: News }
  | { readonly is: 'settled'; readonly news: News; readonly isRefuted: boolean }
  | { readonly is: 'outcome'; readonly outcome: Outcome; readonly patience: number }
  | { readonly is: 'over' }
  | { readonly is: 'done'; readonly done: Done }

/** The helper's final result. */
export type Done = {
  readonly counts: Counts
  readonly covered: readonly number[]
  readonly visited: readonly string[]
}

/** As much of a MessagePort as a link needs: the types of a report do not depend on those of Node. */
type Port = { readonly postMessage: (message: unknown) => void; readonly close: () => void }

/** Everything that two threads need to explore together; to be sent to each with its port. */
export type Link = { readonly port: Port; readonly control: SharedArrayBuffer }

export const newControl = (): SharedArrayBuffer => new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)

/** One end of the line between two threads. Neither ever turns to its event loop: they ring, and wait for the bell. */
export class Side {
  readonly #port: MessagePort
  readonly #words: Int32Array
  readonly #own: 0 | 1

  /** `own`: 0 for the thread that began, 1 for the helper. */
  constructor({ port, control }: Link, own: 0 | 1) {
    this.#port = port as MessagePort
    this.#words = new Int32Array(control)
    this.#own = own
  }

  /** Says to the thread that began that no helper is there any more. */
  static lose(control: SharedArrayBuffer): void {
    const words = new Int32Array(control)
    Atomics.store(words, LOST, 1)
    Atomics.add(words, BELL, 1)
    Atomics.notify(words, BELL)
  }

  send(message: Message): void {
    this.#port.postMessage(message)
    this.ring()
  }

  receive(): Message | undefined {
    return receiveMessageOnPort(this.#port)?.message as Message | undefined
  }

  ring(): void {
    const bell = BELL + 1 - this.#own
    Atomics.add(this.#words, bell, 1)
    Atomics.notify(this.#words, bell)
  }

  /** Waits until the condition holds, which is checked whenever the bell rings, and now and then. */
  waitUntil(holds: () => boolean): void {
    for (;;) {
      const rung = Atomics.load(this.#words, BELL + this.#own)
      if (holds()) return
      Atomics.wait(this.#words, BELL + this.#own, rung, LOOK_AGAIN_MS)
    }
  }

  /** Whether neither thread has work left, including work in transit. */
  get areBothIdle(): boolean {
    return this.isOtherIdle && this.#get(IDLE + this.#own)
  }

  get isOtherIdle(): boolean {
    return this.#get(IDLE + 1 - this.#own)
  }

  /** Nothing is left to do here; the other thread may hear of it. */
  becomeIdle(): void {
    Atomics.store(this.#words, IDLE + this.#own, 1)
    this.ring()
  }

  becomeBusy(): void {
    Atomics.store(this.#words, IDLE + this.#own, 0)
  }

  /** The other thread, which is idle, gets something to do. */
  giveWork(work: Work): void {
    Atomics.store(this.#words, IDLE + 1 - this.#own, 0)
    this.send({ is: 'work', work })
  }

  /** States that the other thread has met first. */
  get statesElsewhere(): number {
    return this.#words[STATES + 1 - this.#own]!
  }

  /** Those of them that it has put into the table. */
  get storedElsewhere(): number {
    return this.#words[STORED + 1 - this.#own]!
  }

  tellStates({ size, stored }: { readonly size: number; readonly stored: number }): void {
    this.#words[STATES + this.#own] = size
    this.#words[STORED + this.#own] = stored
  }

  get helperSteps(): number {
    return Atomics.load(this.#words, STEPS)
  }

  tellSteps(steps: number): void {
    Atomics.store(this.#words, STEPS, steps)
  }

  get isReady(): boolean {
    return this.#get(READY)
  }
  set isReady(is: boolean) {
    this.#set(READY, is)
  }

  get isStopped(): boolean {
    return this.#get(STOP)
  }
  set isStopped(is: boolean) {
    this.#set(STOP, is)
  }

  get grows(): boolean {
    return this.#get(GROWS)
  }
  set grows(is: boolean) {
    this.#set(GROWS, is)
  }

  get stands(): boolean {
    return this.#get(STANDS)
  }
  set stands(is: boolean) {
    this.#set(STANDS, is)
  }

  get isRefuted(): boolean {
    return this.#get(REFUTED)
  }
  set isRefuted(is: boolean) {
    this.#set(REFUTED, is)
  }

  get isLost(): boolean {
    return this.#get(LOST)
  }

  #get(word: number): boolean {
    return Atomics.load(this.#words, word) === 1
  }

  #set(word: number, is: boolean): void {
    Atomics.store(this.#words, word, is ? 1 : 0)
    this.ring()
  }
}

/** In case the other thread is no more. */
const LOOK_AGAIN_MS = 200
