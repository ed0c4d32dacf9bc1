import type { Behaviour } from '../behaviour.ts'
import { CELLS, type Cells } from '../cells.ts'
import { Exchange, type Known } from '../exchange.ts'
import { START } from '../graph.ts'
import { Column } from '../growing.ts'
import type { MemoryModel } from './model.ts'
import { endsWindow, isAcquire, isEarly } from './order.ts'

const SET = CELLS / 32

/**
 * The words that an actor may load after each of its nodes before an instruction orders its loads: only their older
 * values affect its behaviour. Learned as futures are, see futures.ts, and recorded where a decision assumed that a word
 * is not among them.
 */
export class Window {
  readonly #behaviour: Behaviour
  readonly #model: MemoryModel
  readonly #cells: Cells
  readonly #exchange: Exchange
  readonly #stepOf = new Column(-1)
  readonly #index = new Column(-1)
  readonly #sets = new Column()
  readonly #relied = new Column()
  readonly #firstBefore = new Column(-1)
  readonly #nextBefore = new Column(-1)
  readonly #before = new Column()
  #steps = 0
  #links = 0
  #seen = 0
  #seenEdges = 0
  isRefuted = false

  constructor(behaviour: Behaviour, model: MemoryModel, cells: Cells) {
    this.#behaviour = behaviour
    this.#model = model
    this.#cells = cells
    this.#exchange = new Exchange(behaviour)
  }

  update(): void {
    const { nodes, edges } = this.#behaviour
    for (; this.#seen < nodes; this.#seen += 1) this.#addNode(this.#seen)
    for (; this.#seenEdges < edges; this.#seenEdges += 1) this.#addEdge(this.#seenEdges)
  }

  /** Whether the word may be loaded before the window ends. If not, that is recorded as an assumption. */
  has(node: number, word: number): boolean {
    const index = this.#index.at[node]!
    if (index === -1) return false
    const cell = this.#cells.of(word)
    const place = index * SET + (cell >> 5)
    const bit = 1 << (cell & 31)
    if ((this.#sets.at[place]! & bit) !== 0) return true
    this.#relied.at[place]! |= bit
    return false
  }

  /** From now on, knowledge is exchanged with other machines. */
  share(): void {
    this.#exchange.begin(
      Array.from({ length: this.#seen }, (_, node) => node).filter((node) => this.#index.at[node]! !== -1),
    )
  }

  /** The knowledge gained since the last call. */
  news(): Known[] {
    return this.#exchange.news((node) => {
      const index = this.#index.at[node]!
      return { own: [], sets: this.#sets.at.slice(index * SET, (index + 1) * SET) }
    })
  }

  get hasNews(): boolean {
    return this.#exchange.hasNews
  }

  /** Takes in what another machine has learned. */
  receive(news: readonly Known[]): void {
    for (const known of news) {
      const node = this.#exchange.hear(known)
      if (node !== undefined) this.#addAll(node, known.sets)
    }
  }

  #addAll(node: number, sets: Int32Array): void {
    for (let part = 0; part < SET; part += 1) {
      for (let rest = sets[part]!; rest !== 0; rest &= rest - 1) this.#addBit(node, part, rest & -rest)
    }
  }

  dropAssumptions(): void {
    this.isRefuted = false
    this.#relied.at.fill(0)
  }

  #addNode(node: number): void {
    const { kind, word, parent } = this.#behaviour
    for (const column of [this.#stepOf, this.#index, this.#firstBefore]) column.reserve(node + 1)
    const above = parent.at[node]!
    const isStep = kind.at[node]! < START
    this.#stepOf.at[node] = isStep ? node : above === -1 ? -1 : this.#stepOf.at[above]!
    if (!isStep) return
    const index = this.#steps
    this.#steps += 1
    this.#sets.reserve(this.#steps * SET)
    this.#relied.reserve(this.#steps * SET)
    this.#index.at[node] = index
    if (isEarly(this.#behaviour, node, this.#model)) {
      const cell = this.#cells.of(word.at[node]!)
      this.#addBit(node, cell >> 5, 1 << (cell & 31))
    }
    const known = this.#exchange.meet(node)
    if (known !== undefined) this.#addAll(node, known.sets)
  }

  #addEdge(edge: number): void {
    const { kind, edgeFrom, edgeTo } = this.#behaviour
    const step = this.#stepOf.at[edgeFrom.at[edge]!]!
    const to = edgeTo.at[edge]!
    if (step === -1 || kind.at[to]! >= START || this.#endsAfter(step)) return
    const link = this.#links
    this.#links += 1
    this.#nextBefore.reserve(this.#links)
    this.#before.reserve(this.#links)
    this.#before.at[link] = step
    this.#nextBefore.at[link] = this.#firstBefore.at[to]!
    this.#firstBefore.at[to] = link
    const sets = this.#index.at[to]! * SET
    this.#addAll(step, this.#sets.at.subarray(sets, sets + SET))
  }

  #endsAfter(node: number): boolean {
    return endsWindow(this.#behaviour, node, this.#model) || isAcquire(this.#behaviour, node)
  }

  #addBit(step: number, part: number, bit: number): void {
    const place = this.#index.at[step]! * SET + part
    if ((this.#sets.at[place]! & bit) !== 0) return
    this.#sets.at[place]! |= bit
    this.#exchange.add(step)
    if ((this.#relied.at[place]! & bit) !== 0) this.isRefuted = true
    for (let link = this.#firstBefore.at[step]!; link !== -1; link = this.#nextBefore.at[link]!) {
      this.#addBit(this.#before.at[link]!, part, bit)
    }
  }
}
