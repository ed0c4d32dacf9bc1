import { FULL, type LockId, type Side, type Word } from '../shared-memory/cpu.ts'
import type { Op } from '../shared-memory/op.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { CheckedCpu, type Observer } from './checked-cpu.ts'
import { ACQUIRED, ASKED, COUNT, ENDED, Graph, PEEK, POKE, RELEASING, START, THREW, VIOLATION } from './graph.ts'
import { ADD, AND, INSTRUCTIONS, OR, PAUSE, SUB, UNTIL_CLEAR, XCHG } from './instructions.ts'
import type { MemoryModel } from './memory/model.ts'
import type { ActorSource } from './program.ts'
import { spinAt } from './spin.ts'
import { enterActor, type Frames } from './tracing/frames.ts'
import { LocalState } from './tracing/local-state.ts'

const CODE_OF = new Map<string, number>(INSTRUCTIONS.map((kind, code) => [kind, code]))

/** Instructions whose answer a protocol may leave alone. */
const MAY_BE_BLIND: readonly number[] = [ADD, SUB, AND, OR, XCHG, UNTIL_CLEAR]

/** An actor that is run again and answered alike must do the same again. */
export class NotDeterministic extends Error {}

/**
 * What an actor does, as far as it has been seen. As it sees nothing of the world but the answers to its instructions, a
 * node of the graph stands for all of its local state, and a step that was taken once with the same
 * answers is never executed again: it is looked up. Where the graph ends, the generator is run from the start along a path
 * that leads there (unless it happens to stand there), because generators cannot be copied.
 *
 * Of an actor from the traced build the local state is seen, so that ways which leave the same behind meet in one node. Of
 * another it is the answers themselves, and the graph is a tree.
 */
export class Behaviour extends Graph implements Observer {
  /** Of a `pause` that waits: pairs of a word and the value that was seen in it. */
  readonly spins = new Map<number, Int32Array>()
  readonly #blind = new Set<number>()
  /** Every call that the actor stood in when it took a step: `function file:line:column`. */
  readonly visited = new Set<string>()
  /** The function of the protocol that takes each step. */
  readonly sites = new Map<number, string>()
  readonly messages = new Map<number, string>()
  readonly results = new Map<number, unknown>()
  /** Counters that were ever counted. */
  readonly covered = new Set<number>()

  readonly id: number
  readonly #source: ActorSource
  readonly #look: (word: number) => number
  readonly #patience: number
  readonly #showsBarriers: boolean
  readonly #counted: ReadonlySet<number>
  readonly #endings = new Map<unknown, number>()

  readonly #byState = new Map<string, number>()
  readonly #localState = new LocalState()
  #cpu: CheckedCpu | undefined
  #frames: Frames = []
  #steps: Steps<unknown> | undefined
  /** The node of the instruction that `#steps` stands at. */
  #standsAt = -1
  #isOver = false
  #path: readonly number[] = []
  #onPath = 0
  #last = 0
  #lastAnswer = 0
  readonly #seen = new Map<number, number>()

  /** `look`: what is in a word at the moment, for oracles. */
  constructor(id: number, source: ActorSource, look: (word: number) => number, options: BehaviourOptions) {
    super()
    this.id = id
    this.#source = source
    this.#look = look
    this.#patience = options.patience
    this.#showsBarriers = (options.memory ?? 'sc') !== 'sc'
    this.#counted = new Set(options.counted)
    this.#append(START, 0, 0, 0)
  }

  /** Runs the actor from `node` on, answered by `answer`, up to its next instruction; what it peeks at is as in memory. */
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
    this.#path = this.pathTo(node)
    this.#onPath = 1
    this.#last = node
    this.#lastAnswer = answer
    this.#seen.clear()
    this.#frames = []
    this.#cpu = new CheckedCpu(this.id, this, this.#patience, this.#showsBarriers)
    this.#steps = this.#source(this.#cpu)
    // It stands at the instruction of the path that it was asked last, until it stands at a new one, or has ended.
    do this.#resume(this.#answerAt(this.#onPath - 1))
    while (this.#standsAt === -1 && !this.#isOver)
  }

  /** Hands an answer over and lets the actor run to its next instruction. */
  #resume(answer: number): void {
    this.#standsAt = -1
    this.#isOver = false
    enterActor(this.#frames)
    try {
      const { done, value } = this.#steps!.next(answer)
      if (done) this.#end(value)
    } catch (error) {
      if (error instanceof NotDeterministic || this.#onPath < this.#path.length) throw error
      const node = this.#append(THREW, 0, 0, 0)
      this.messages.set(node, error instanceof Error ? error.message : String(error))
      this.#isOver = true
    }
  }

  #end(result: unknown): void {
    if (this.#onPath < this.#path.length) throw new NotDeterministic(`actor ${this.id} ended earlier than before`)
    const node = this.#append(ENDED, 0, 0, 0)
    const same = this.#endings.get(result) ?? node
    this.#endings.set(result, same)
    this.identity.at[node] = same
    this.results.set(node, result)
    this.#isOver = true
  }

  asks({ kind, word, a, b, order = FULL }: Op): void {
    this.#seen.clear()
    const code = CODE_OF.get(kind)!
    if (this.#follow(code, word, a | 0, b | 0) !== undefined) return
    const op = [code, word, a | 0, b | 0, this.#cpu!.patience]
    const state = this.#localState.of(this.#frames, this.#cpu!, op)
    const known = state !== undefined && this.#frames.length > 0 ? this.#byState.get(state) : undefined
    if (known !== undefined) this.#link(known)
    this.#standsAt = known ?? this.#addStep(code, word, a | 0, b | 0, state)
    this.order.at[this.#standsAt] = order
  }

  #addStep(code: number, word: number, a: number, b: number, state: string | undefined): number {
    const node = this.#append(code, word, a, b)
    if (state !== undefined) this.#byState.set(state, node)
    this.sites.set(node, siteOf(this.#frames))
    for (const { site } of this.#frames) this.visited.add(site)
    if (MAY_BE_BLIND.includes(code) && this.#frames.at(-1)?.ignores) this.#blind.add(node)
    const spin = code === PAUSE ? spinAt(this, node) : undefined
    if (spin !== undefined) this.spins.set(node, spin)
    return node
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
    if (this.#follow(VIOLATION, -1, oracle, value | 0) === undefined) this.#append(VIOLATION, -1, oracle, value | 0)
  }

  count(counter: number, by: number): void {
    this.covered.add(counter)
    if (!this.#counted.has(counter)) return
    if (this.#follow(COUNT, -1, counter, by) === undefined) this.#append(COUNT, -1, counter, by)
  }

  /** Whether the actor does not look at the answer: it is 0 then. */
  isBlind(node: number): boolean {
    return this.#blind.has(node)
  }

  /** A loop asked whether a signal is pending. */
  asked(isPending: boolean): void {
    const a = isPending ? 1 : 0
    if (this.#follow(ASKED, -1, a, 0) === undefined) this.#append(ASKED, -1, a, 0)
  }

  acquired(lock: LockId, side: Side): void {
    if (this.#follow(ACQUIRED, -1, lock, side) === undefined) this.#append(ACQUIRED, -1, lock, side)
  }

  releasing(lock: LockId, side: Side): void {
    if (this.#follow(RELEASING, -1, lock, side) === undefined) this.#append(RELEASING, -1, lock, side)
  }

  /** On the way to where the tree ends: the answer that was given here before, or undefined if that is behind. */
  #follow(kind: number, word: number, a: number, b: number): number | undefined {
    if (this.#onPath >= this.#path.length) return undefined
    const node = this.#path[this.#onPath]!
    const same =
      this.kind.at[node] === kind && this.word.at[node] === word && this.a.at[node] === a && this.b.at[node] === b
    if (!same)
      throw new NotDeterministic(`actor ${this.id} did something else when it was run again with the same answers`)
    this.#onPath += 1
    return this.#answerAt(this.#onPath - 1)
  }

  /** What the node of that place in the path was answered; the last of them gets the new answer. */
  #answerAt(index: number): number {
    const next = this.#path[index + 1]
    return next === undefined ? this.#lastAnswer : this.answer.at[next]!
  }

  #append(kind: number, word: number, a: number, b: number): number {
    const node = this.addNode(kind, word, a, b)
    if (kind !== START) this.#link(node)
    this.#last = node
    this.#lastAnswer = 0
    return node
  }

  #link(node: number): void {
    this.addEdge(this.#last, this.#lastAnswer, node)
  }
}

/** The innermost function that is not a lock's or a word's: `isPageFaultStale`. */
function siteOf(frames: Frames): string {
  const own = frames.findLast(({ site }) => !site.includes(' shared-memory/') && site !== 'each') ?? frames.at(-1)
  return own === undefined ? '' : own.site.split(' ')[0]!
}

export type BehaviourOptions = {
  /** How often a loop may ask for a pending signal before there is one. */
  readonly patience: number
  readonly memory?: MemoryModel
  /** The counters of which the sum is kept. */
  readonly counted?: readonly number[]
}
