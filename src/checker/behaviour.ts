import { inspect, isDeepStrictEqual } from 'node:util'
import { FULL, type LockId, type Side, type Word } from '../shared-memory/cpu.ts'
import type { Op } from '../shared-memory/op.ts'
import { ActorRun } from './actor-run.ts'
import { CheckedCpu, type Observer } from './checked-cpu.ts'
import { refuseDifference, stepText } from './differs.ts'
import { highOf, lowOf, mixHigh, mixLow } from './fingerprint.ts'
import { ACQUIRED, ASKED, COUNT, ENDED, Graph, PEEK, POKE, RELEASING, START, THREW, VIOLATION } from './graph.ts'
import { ADD, AND, codeOf, OR, PAUSE, SUB, UNTIL_CLEAR, XCHG } from './instructions.ts'
import { ParkedRuns } from './parked-runs.ts'
import type { Actor, BehaviourOptions } from './program.ts'
import { spinAt } from './spin.ts'
import { enterActor, type Frames, siteOf } from './tracing/frames.ts'
import { LocalState } from './tracing/local-state.ts'
import type { Words } from './words.ts'

/** Above all words, so that nodes and words never mix alike. */
const NODE_PLACE = 0x4000_0000
/** Instructions whose answer a protocol may leave alone. */
const MAY_BE_BLIND: readonly number[] = [ADD, SUB, AND, OR, XCHG, UNTIL_CLEAR]

/**
 * The behaviour of an actor, as far as it has been observed. As it sees nothing of the world but the answers to its instructions, a
 * node of the graph stands for all of its local state, and a step that was taken once with the same
 * answers is never executed again: it is looked up. Where the graph ends, the generator is run from the start along a path
 * that leads there (unless one happens to stand on that path), because generators cannot be copied.
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
  readonly #words: Words
  readonly #look: (word: number) => number
  readonly #patience: number
  readonly #showsBarriers: boolean
  readonly #counted: ReadonlySet<number>
  readonly #endings = new Map<unknown, number>()

  readonly #byState = new Map<string, number>()
  readonly #localState = new LocalState()
  readonly #isTree: boolean
  readonly #stopsAtPauses: boolean
  readonly #onlyDelegates: boolean
  /** It is being run again to where its graph ends, and need not be suspended on the way. */
  #runsThrough = false
  /** The answer to the step that it does not hand out. */
  given = 0
  readonly #parked = new ParkedRuns()
  #frames: Frames = []
  #run: ActorRun | undefined
  /** The node of the instruction at which `#steps` is suspended. */
  #standsAt = -1
  #isOver = false
  #path: readonly number[] = []
  #onPath = 0
  #last = 0
  #lastAnswer = 0
  readonly #seen = new Map<number, number>()

  /** `look`: the current value of a word, for oracles. */
  constructor(id: number, actor: Actor, words: Words, look: (word: number) => number, options: BehaviourOptions) {
    super()
    this.id = id
    this.#actor = actor
    this.#words = words
    this.#look = look
    this.#isTree = options.isTree === true
    this.#stopsAtPauses = options.stopsAtPauses === true
    this.#onlyDelegates = actor.onlyDelegates === true
    this.#patience = options.patience
    this.#showsBarriers = (options.memory ?? 'sc') !== 'sc'
    this.#counted = new Set(options.counted)
    this.#append(START, 0, 0, 0)
  }

  /** Runs the actor from `node` with `answer` to its next instruction; peeks read the current memory. */
  learn(node: number, answer: number): number {
    if (this.#standsAt === node) {
      this.#last = node
      this.#lastAnswer = answer
      this.#resume(answer)
    } else {
      this.#replay(node, answer)
    }
    return this.after(node, answer)
  }

  #replay(node: number, answer: number): void {
    if (this.#onlyDelegates) this.#exchange(node, answer)
    else this.#begin(node, answer)
    // The generator is suspended at the last instruction of the path until it reaches a new one, or ends.
    do this.#resume(this.#answerAt(this.#onPath - 1))
    while (this.#standsAt === -1 && !this.#isOver)
  }

  /** Leaves the run where it stands, and goes on with one that stands on the way to `node`, or with a new one. */
  #exchange(node: number, answer: number): void {
    if (this.#standsAt !== -1) this.#parked.park({ node: this.#standsAt, run: this.#run!, frames: this.#frames })
    const path = this.pathTo(node)
    const parked = this.#parked.takeUp(path)
    if (parked === undefined) this.#begin(node, answer)
    else {
      this.#goTo(node, answer, path, parked.at + 1)
      this.#run = parked.run
      this.#frames = parked.frames
    }
    this.#runsThrough = true
  }

  /** The node at the end of the path is answered next; the run has come to `onPath`. */
  #goTo(node: number, answer: number, path: readonly number[], onPath: number): void {
    this.#path = path
    this.#onPath = onPath
    this.#last = node
    this.#lastAnswer = answer
    this.#standsAt = -1
    this.#isOver = false
    this.#runsThrough = false
    this.#seen.clear()
  }

  /** From the start, along the path to `node`, which is answered by `answer`. */
  #begin(node: number, answer: number, actor = this.#actor): void {
    this.#goTo(node, answer, this.pathTo(node), 1)
    this.#frames = []
    enterActor(this.#frames)
    const cpu = new CheckedCpu(this.id, this, this.#words, this.#patience, this.#showsBarriers)
    this.#run = new ActorRun(actor, cpu)
  }

  /**
   * Runs the actor again to `node`, one step at a time: it must behave as before. `actor`: the same actor from another
   * instance of its module.
   */
  *again(node: number, actor: Actor = this.#actor): Generator<void, void> {
    this.#begin(node, 0, actor)
    while (this.#onPath < this.#path.length) {
      yield
      this.#resume(this.#answerAt(this.#onPath - 1))
    }
    this.#standsAt = -1
  }

  /** Hands an answer over and lets the actor run to its next instruction. */
  #resume(answer: number): void {
    this.#standsAt = -1
    this.#isOver = false
    enterActor(this.#frames)
    const stand = this.#run!.resume(answer)
    if (stand.kind === 'asks') return
    this.#isOver = true
    const isKnown = this.#onPath < this.#path.length
    const node = isKnown ? this.#path[this.#onPath]! : this.#append(stand.kind === 'ended' ? ENDED : THREW, 0, 0, 0)
    if (stand.kind === 'ended') this.#end(node, stand.result, isKnown)
    else this.#fail(node, stand.message, isKnown)
    if (isKnown) this.#onPath += 1
  }

  #end(node: number, result: unknown, isKnown: boolean): void {
    if (!isKnown) {
      this.#markEnd(node, result)
      this.results.set(node, result)
    } else if (this.kind.at[node] !== ENDED) {
      this.#differs('end', node)
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
    else if (this.kind.at[node] !== THREW) this.#differs(`failure: ${message}`, node)
  }

  asks({ kind, word, a, b, order = FULL }: Op): boolean {
    this.#seen.clear()
    const code = codeOf(kind)
    const known = this.#follow(code, word, a | 0, b | 0)
    if (known !== undefined) {
      this.given = known
      return this.#runsThrough
    }
    this.#meet(code, word, a | 0, b | 0, order)
    return false
  }

  /** An instruction that is not on the path: it stands here now. */
  #meet(code: number, word: number, a: number, b: number, order: number): void {
    const { cpu } = this.#run!
    const op = [code, word, a, b, cpu.patience]
    const state = this.#isTree ? undefined : this.#localState.of(this.#frames, cpu, op)
    const known = state !== undefined && this.#frames.length > 0 ? this.#byState.get(state) : undefined
    if (known !== undefined) this.#link(known)
    this.#standsAt = known ?? this.#addStep(code, word, a, b, state)
    this.order.at[this.#standsAt] = order
  }

  #addStep(code: number, word: number, a: number, b: number, state: string | undefined): number {
    const node = this.#append(code, word, a, b)
    if (state !== undefined) this.#byState.set(state, node)
    if (state !== undefined && this.#frames.length > 0) this.#mark(node, this.#localState.low, this.#localState.high)
    this.sites.set(node, siteOf(this.#frames))
    for (const { site } of this.#frames) this.visited.add(site)
    if (MAY_BE_BLIND.includes(code) && this.#frames.at(-1)?.ignores) this.blind.at[node] = 1
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
    const value = this.#follow(PEEK, word, 0, 0) ?? this.#peekNow(word)
    this.#seen.set(word, value)
    return value
  }

  #peekNow(word: Word): number {
    this.#append(PEEK, word, 0, 0)
    this.#lastAnswer = this.#look(word)
    return this.#lastAnswer
  }

  poke(word: Word, value: number): void {
    this.#seen.set(word, value | 0)
    if (this.#follow(POKE, word, value | 0, 0) === undefined) this.#append(POKE, word, value | 0, 0)
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
    if (this.#follow(kind, -1, a, b) === undefined) this.#append(kind, -1, a, b)
  }

  /** On the way to where the tree ends: the answer that was given here before, or undefined if that is behind. */
  #follow(kind: number, word: number, a: number, b: number): number | undefined {
    if (this.#onPath >= this.#path.length) return undefined
    const node = this.#path[this.#onPath]!
    const same =
      this.kind.at[node] === kind && this.word.at[node] === word && this.a.at[node] === a && this.b.at[node] === b
    if (!same) this.#differs(this.#textOf(kind, word, a), node)
    this.#onPath += 1
    return this.#answerAt(this.#onPath - 1)
  }

  #differs(now: string, node: number): never {
    refuseDifference(this.#actor.name, now, this.#textOf(this.kind.at[node]!, this.word.at[node]!, this.a.at[node]!))
  }

  #textOf(kind: number, word: number, a: number): string {
    return stepText(kind, word, a, (at) => this.#words.nameOf(at))
  }

  /** The answer at that index of the path; the last one is the new answer. */
  #answerAt(index: number): number {
    const next = this.#path[index + 1]
    return next === undefined ? this.#lastAnswer : this.answer.at[next]!
  }

  #append(kind: number, word: number, a: number, b: number): number {
    const node = this.addNode(kind, word, a, b)
    if (kind !== START) this.#link(node)
    this.#markByWay(node, [kind, word, a, b, this.#lastAnswer])
    this.#last = node
    this.#lastAnswer = 0
    return node
  }

  /** Uses the actor's history as its local state, where the local state is not visible. */
  #markByWay(node: number, parts: readonly number[]): void {
    let low = this.markLow.at[this.#last]!
    let high = this.markHigh.at[this.#last]!
    for (const part of parts) {
      low = mixLow(low, part)
      high = mixHigh(high, part)
    }
    this.#mark(node, low, high)
  }

  #link(node: number): void {
    this.addEdge(this.#last, this.#lastAnswer, node)
  }
}
