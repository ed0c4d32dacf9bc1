import { inspect, isDeepStrictEqual } from 'node:util'
import { FULL, type LockId, type Side, type Word } from '../shared-memory/cpu.ts'
import type { Op } from '../shared-memory/op.ts'
import { CheckedCpu, type Observer } from './checked-cpu.ts'
import { refuseDifference } from './differs.ts'
import { highOf, lowOf, mixHigh, mixLow } from './fingerprint.ts'
import { ACQUIRED, ASKED, COUNT, ENDED, Graph, PEEK, POKE, RELEASING, START, THREW, VIOLATION } from './graph.ts'
import { ADD, AND, codeOf, OR, PAUSE, SUB, UNTIL_CLEAR, XCHG } from './instructions.ts'
import type { Actor, BehaviourOptions } from './program.ts'
import { Running } from './running.ts'
import { spinAt } from './spin.ts'
import { siteOf } from './tracing/frames.ts'
import { LocalState } from './tracing/local-state.ts'
import type { Words } from './words.ts'

/** Above all words, so that nodes and words never mix alike. */
const NODE_PLACE = 0x4000_0000
/** Instructions whose answer a protocol may leave alone. */
const MAY_BE_BLIND: readonly number[] = [ADD, SUB, AND, OR, XCHG, UNTIL_CLEAR]

/**
 * The behaviour of an actor, as far as it has been observed. As it sees nothing of the world but the answers to its instructions, a
 * node of the graph stands for all of its local state, and a step that was taken once with the same
 * answers is never executed again: it is looked up. Where the graph ends, the actor runs, see running.ts.
 *
 * The local state of an actor from the traced build is seen, so that ways which leave the same state meet in one node. For
 * any other actor the answers stand for it, and the graph is a tree.
 */
export class Behaviour extends Graph implements Observer {
  /** For each `pause` that waits: pairs of a word and the value that was seen in it. */
  readonly spins = new Map<number, Int32Array>()
  /** Every call that the actor stood in when it took a step: `function file:line:column`. */
  readonly visited = new Set<string>()
  /** The function of the protocol that takes each step. */
  readonly sites = new Map<number, string>()
  readonly messages = new Map<number, string>()
  readonly results = new Map<number, unknown>()
  /** Counters that were ever counted. */
  readonly covered = new Set<number>()

  readonly id: number
  readonly #actor: Actor
  readonly #look: (word: number) => number
  readonly #counted: ReadonlySet<number>
  readonly #endings = new Map<unknown, number>()

  readonly #byState = new Map<string, number>()
  readonly #localState = new LocalState()
  readonly #isTree: boolean
  readonly #stopsAtPauses: boolean
  readonly #running: Running
  /** The answer to the step that it does not hand out. */
  given = 0
  readonly #seen = new Map<number, number>()

  /** `look`: the current value of a word, for oracles. */
  constructor(id: number, actor: Actor, words: Words, look: (word: number) => number, options: BehaviourOptions) {
    super()
    this.id = id
    this.#actor = actor
    this.#look = look
    this.#isTree = options.isTree === true
    this.#stopsAtPauses = options.stopsAtPauses === true
    this.#counted = new Set(options.counted)
    const showsBarriers = (options.memory ?? 'sc') !== 'sc'
    const newCpu = () => new CheckedCpu(id, this, words, options.patience, showsBarriers)
    this.#running = new Running(this, actor, words, newCpu, (built) => this.#localState.hold(built))
    this.#append(START, 0, 0, 0)
  }

  /** Runs the actor from `node` with `answer` to its next instruction; peeks read the current memory. */
  learn(node: number, answer: number): number {
    const running = this.#running
    this.#seen.clear()
    running.lead(node, answer)
    // It is suspended at the last instruction of the path until it reaches a new one, or ends.
    do this.#resume()
    while (running.standsAt === -1 && !running.isOver)
    return this.after(node, answer)
  }

  /**
   * Runs the actor again to `node`, one step at a time: it must behave as before. `actor`: the same actor from another
   * instance of its module.
   */
  *again(node: number, actor: Actor = this.#actor): Generator<void, void> {
    const running = this.#running
    this.#seen.clear()
    running.begin(node, 0, actor)
    while (!running.hasArrived) {
      yield
      this.#resume()
    }
    running.standsAt = -1
  }

  /** Lets the actor run to its next instruction. */
  #resume(): void {
    const stand = this.#running.resume()
    if (stand.kind === 'asks') return
    const known = this.#running.passEnd()
    const node = known ?? this.#append(stand.kind === 'ended' ? ENDED : THREW, 0, 0, 0)
    if (stand.kind === 'ended') this.#end(node, stand.result, known !== undefined)
    else this.#fail(node, stand.message, known !== undefined)
  }

  #end(node: number, result: unknown, isKnown: boolean): void {
    if (!isKnown) {
      this.#markEnd(node, result)
      this.results.set(node, result)
    } else if (this.kind.at[node] !== ENDED) {
      this.#running.differs('end', node)
    } else if (!isDeepStrictEqual(this.results.get(node), result)) {
      refuseDifference(this.#actor.name, `end with ${inspect(result)}`, `end with ${inspect(this.results.get(node))}`)
    }
  }

  /** Ends with the same result are one. An object is the same only if it is that very one. */
  #markEnd(node: number, result: unknown): void {
    const same = this.#endings.get(result)
    if (same === undefined) this.#endings.set(result, node)
    if (same !== undefined) {
      this.markLow.at[node] = this.markLow.at[same]!
      this.markHigh.at[node] = this.markHigh.at[same]!
    } else if (!['object', 'function', 'symbol'].includes(typeof result)) {
      const text = `${typeof result} ${String(result)}`
      this.#mark(node, lowOf(text), highOf(text))
    }
  }

  #mark(node: number, low: number, high: number): void {
    this.markLow.at[node] = mixLow(NODE_PLACE + this.id, low)
    this.markHigh.at[node] = mixHigh(NODE_PLACE + this.id, high)
  }

  #fail(node: number, message: string, isKnown: boolean): void {
    if (!isKnown) this.messages.set(node, message)
    else if (this.kind.at[node] !== THREW) this.#running.differs(`failure: ${message}`, node)
  }

  asks({ kind, word, a, b, order = FULL }: Op): boolean {
    this.#seen.clear()
    const code = codeOf(kind)
    const known = this.#running.pass(code, word, a | 0, b | 0)
    if (known !== undefined) {
      this.given = known
      return this.#running.runsThrough
    }
    this.#meet(code, word, a | 0, b | 0, order)
    return false
  }

  /** An instruction that is not on the path: it stands here now. */
  #meet(code: number, word: number, a: number, b: number, order: number): void {
    const running = this.#running
    const { cpu, frames, held } = running
    const op = [code, word, a, b, cpu.patience]
    const state = this.#isTree ? undefined : this.#localState.of(frames, cpu, op, held)
    const known = state !== undefined && frames.length > 0 ? this.#byState.get(state) : undefined
    if (known !== undefined) this.#link(known)
    const node = known ?? this.#addStep(code, word, a, b, state)
    this.order.at[node] = order
    running.standsAt = node
  }

  #addStep(code: number, word: number, a: number, b: number, state: string | undefined): number {
    const { frames } = this.#running
    const node = this.#append(code, word, a, b)
    if (state !== undefined) this.#byState.set(state, node)
    if (state !== undefined && frames.length > 0) this.#mark(node, this.#localState.low, this.#localState.high)
    this.sites.set(node, siteOf(frames))
    for (const { site } of frames) this.visited.add(site)
    if (MAY_BE_BLIND.includes(code) && frames.at(-1)?.ignores) this.blind.at[node] = 1
    const spin = code === PAUSE && !this.#stopsAtPauses ? spinAt(this, node) : undefined
    if (spin !== undefined) this.#markSpin(node, spin)
    return node
  }

  #markSpin(node: number, spin: Int32Array): void {
    this.spins.set(node, spin)
    for (const part of spin)
      this.#mark(node, mixLow(this.markLow.at[node]!, part), mixHigh(this.markHigh.at[node]!, part))
  }

  /** Whether a `pause` is a step: if it waits for a change, or if all pauses are steps. */
  isPauseStep(node: number): boolean {
    return this.#stopsAtPauses || this.spins.has(node)
  }

  peek(word: Word): number {
    const known = this.#seen.get(word)
    if (known !== undefined) return known
    const value = this.#running.pass(PEEK, word, 0, 0) ?? this.#peekNow(word)
    this.#seen.set(word, value)
    return value
  }

  #peekNow(word: Word): number {
    this.#append(PEEK, word, 0, 0)
    const value = this.#look(word)
    this.#running.lastAnswer = value
    return value
  }

  poke(word: Word, value: number): void {
    this.#seen.set(word, value | 0)
    if (this.#running.pass(POKE, word, value | 0, 0) === undefined) this.#append(POKE, word, value | 0, 0)
  }

  violation(oracle: number, value: number): void {
    this.#event(VIOLATION, oracle, value | 0)
  }

  count(counter: number, by: number): void {
    this.covered.add(counter)
    if (this.#counted.has(counter)) this.#event(COUNT, counter, by)
  }

  /** Whether the actor ignores the answer: then it is recorded as 0. */
  isBlind(node: number): boolean {
    return this.blind.at[node] === 1
  }

  /** A loop asked whether a signal is pending. */
  asked(isPending: boolean): void {
    this.#event(ASKED, isPending ? 1 : 0, 0)
  }

  acquired(lock: LockId, side: Side): void {
    this.#event(ACQUIRED, lock, side)
  }

  releasing(lock: LockId, side: Side): void {
    this.#event(RELEASING, lock, side)
  }

  #event(kind: number, a: number, b: number): void {
    if (this.#running.pass(kind, -1, a, b) === undefined) this.#append(kind, -1, a, b)
  }

  #append(kind: number, word: number, a: number, b: number): number {
    const running = this.#running
    const node = this.addNode(kind, word, a, b)
    if (kind !== START) this.#link(node)
    this.#markByWay(node, [kind, word, a, b, running.lastAnswer])
    running.last = node
    running.lastAnswer = 0
    return node
  }

  /** Uses the actor's history as its local state, where the local state is not visible. */
  #markByWay(node: number, parts: readonly number[]): void {
    let low = this.markLow.at[this.#running.last]!
    let high = this.markHigh.at[this.#running.last]!
    for (const part of parts) {
      low = mixLow(low, part)
      high = mixHigh(high, part)
    }
    this.#mark(node, low, high)
  }

  #link(node: number): void {
    this.addEdge(this.#running.last, this.#running.lastAnswer, node)
  }
}
