import type { Behaviour } from './behaviour.ts'
import { CELLS, type Cells } from './cells.ts'
import { type Accesses, Exchange, type Known } from './exchange.ts'
import { PEEK, POKE, START } from './graph.ts'
import { Column } from './growing.ts'
import { ADD, CAS, LOAD, PARK, PAUSE, READ, SUB, UNPARK, UNTIL_CLEAR, UNTIL_EQUAL } from './instructions.ts'

/** How a word is accessed. Writes conflict with everything, reads and blind adds only with accesses of another kind. */
export const READS = 0
export const WRITES = 1
export const ADDS = 2
/** What an exchange does to its word depends on the word: it reads, and may write. */
export const EXCHANGES = 3

const CLASSES = 3
/** Sets of cells, 32 to a number, one for each class: those of the same cells lie side by side. */
const STRIDE = (CELLS / 32) * CLASSES

/**
 * The accesses that an actor may still make after each of its nodes, as far as its behaviour is known: the union over
 * all that follows. It grows while the behaviour is learned. Decisions that relied on the absence of an access are
 * recorded, so that a wrong one is noticed.
 */
export class Futures {
  readonly #behaviour: Behaviour
  readonly #cells: Cells
  /** The instruction that a node belongs to: itself, or the one before it. */
  readonly #stepOf = new Column(-1)
  /** By the node of each instruction: the sets of accesses that may follow it, and of those that decisions assumed not to follow. */
  readonly #index = new Column(-1)
  /** By the node of each instruction: the cell of its word, or -1, and its access to it, whatever follows. */
  readonly cell = new Column(-1)
  readonly access = new Column()
  readonly #sets = new Column()
  readonly #relied = new Column()
  readonly #own: number[][] = []
  readonly #isPlanned: boolean[] = []
  /** The instructions that each instruction follows: lists of edges between them. */
  readonly #firstBefore = new Column(-1)
  readonly #nextBefore = new Column(-1)
  readonly #before = new Column()
  #links = 0
  #seen = 0
  #seenEdges = 0
  /** A decision was taken on what turned out to be wrong. */
  isRefuted = false
  readonly #exchange: Exchange

  constructor(behaviour: Behaviour, cells: Cells) {
    this.#behaviour = behaviour
    this.#cells = cells
    this.#exchange = new Exchange(behaviour)
    this.update()
  }

  /** Merges the knowledge gained since the last call. */
  update(): void {
    const { nodes, edges } = this.#behaviour
    if (nodes === this.#seen && edges === this.#seenEdges) return
    for (; this.#seen < nodes; this.#seen += 1) this.#addNode(this.#seen)
    for (; this.#seenEdges < edges; this.#seenEdges += 1) this.#addEdge(this.#seenEdges)
  }

  #addNode(node: number): void {
    const { kind, parent } = this.#behaviour
    this.#stepOf.reserve(node + 1)
    this.#index.reserve(node + 1)
    this.cell.reserve(node + 1)
    this.access.reserve(node + 1)
    this.#firstBefore.reserve(node + 1)
    const above = parent.at[node]!
    const isStep = kind.at[node]! < START
    this.#stepOf.at[node] = isStep ? node : above === -1 ? -1 : this.#stepOf.at[above]!
    if (isStep) this.#addStep(node, kind.at[node]!)
    const known = isStep ? this.#exchange.meet(node) : undefined
    if (known !== undefined) this.#takeIn(node, known)
    const step = this.#stepOf.at[node]!
    if (step === -1) return
    if (kind.at[node] === PEEK) this.#addToStep(step, this.#behaviour.word.at[node]!, READS)
    if (kind.at[node] === POKE) this.#addToStep(step, this.#behaviour.word.at[node]!, WRITES)
  }

  #addEdge(edge: number): void {
    const { kind, word, a, edgeFrom, edgeAnswer, edgeTo } = this.#behaviour
    const from = edgeFrom.at[edge]!
    const to = edgeTo.at[edge]!
    const step = this.#stepOf.at[from]!
    if (step === -1) return
    // The answer shows that the exchange took place.
    const isExchange = kind.at[from] === CAS && edgeAnswer.at[edge] === a.at[from]
    if (isExchange) this.#access(step, this.#cells.of(word.at[from]!), WRITES)
    if (kind.at[to]! < START) this.#follow(step, to)
  }

  /** `to` comes after `step`, and so does all that comes after it. */
  #follow(step: number, to: number): void {
    const link = this.#links
    this.#links += 1
    this.#nextBefore.reserve(this.#links)
    this.#before.reserve(this.#links)
    this.#before.at[link] = step
    this.#nextBefore.at[link] = this.#firstBefore.at[to]!
    this.#firstBefore.at[to] = link
    const sets = this.#index.at[to]! * STRIDE
    for (let part = 0; part < STRIDE; part += 1) {
      for (let rest = this.#sets.at[sets + part]!; rest !== 0; rest &= rest - 1) this.#addBit(step, part, rest & -rest)
    }
  }

  #addStep(node: number, code: number): void {
    const index = this.#own.length
    this.#index.at[node] = index
    this.#sets.reserve((index + 1) * STRIDE)
    this.#relied.reserve((index + 1) * STRIDE)
    this.#own.push([])
    this.#isPlanned.push(false)
    const spin = this.#behaviour.spins.get(node)
    if (spin !== undefined) for (let at = 0; at < spin.length; at += 2) this.#addToStep(node, spin[at]!, READS)
    const word = this.#behaviour.word.at[node]!
    if (word < 0 || code === PAUSE) return
    const kind = classOf(this.#behaviour, node, code)
    this.cell.at[node] = this.#cells.of(word)
    this.access.at[node] = kind
    this.#access(node, this.cell.at[node]!, kind === EXCHANGES ? READS : kind)
  }

  /** From now on, knowledge is exchanged with other machines. */
  share(): void {
    this.#exchange.begin(Array.from({ length: this.#seen }, (_, node) => node).filter((node) => this.#isStep(node)))
  }

  #isStep(node: number): boolean {
    return this.#index.at[node]! !== -1
  }

  /** The knowledge gained since the last call. */
  news(): Known[] {
    return this.#exchange.news((node) => {
      const index = this.#index.at[node]!
      return { own: [...this.#own[index]!], sets: this.#sets.at.slice(index * STRIDE, (index + 1) * STRIDE) }
    })
  }

  get hasNews(): boolean {
    return this.#exchange.hasNews
  }

  /** Takes in what another machine has learned. */
  receive(news: readonly Known[]): void {
    for (const known of news) {
      const node = this.#exchange.hear(known)
      if (node !== undefined) this.#takeIn(node, known)
    }
  }

  #takeIn(node: number, { own, sets }: Known): void {
    for (const access of own) this.#addOwn(node, access)
    for (let part = 0; part < STRIDE; part += 1) {
      for (let rest = sets[part]!; rest !== 0; rest &= rest - 1) this.#addBit(node, part, rest & -rest)
    }
  }

  /** An access of a step in addition to that of the instruction itself. */
  #addToStep(step: number, word: number, kind: number): void {
    const cell = this.#cells.of(word)
    this.#addOwn(step, cell * 4 + kind)
    this.#access(step, cell, kind)
  }

  #addOwn(step: number, access: number): void {
    const own = this.#own[this.#index.at[step]!]!
    if (own.includes(access)) return
    own.push(access)
    this.#exchange.add(step)
    if (this.#isPlanned[this.#index.at[step]!]) this.isRefuted = true
  }

  #access(step: number, cell: number, kind: number): void {
    this.#addBit(step, (cell >> 5) * CLASSES + kind, 1 << (cell & 31))
  }

  /** The instruction and all before it have this in their future. */
  #addBit(step: number, part: number, bit: number): void {
    const place = this.#index.at[step]! * STRIDE + part
    if ((this.#sets.at[place]! & bit) !== 0) return
    this.#sets.at[place]! |= bit
    this.#exchange.add(step)
    if ((this.#relied.at[place]! & bit) !== 0) this.isRefuted = true
    for (let link = this.#firstBefore.at[step]!; link !== -1; link = this.#nextBefore.at[link]!) {
      this.#addBit(this.#before.at[link]!, part, bit)
    }
  }

  /** The accesses of the step at `node` in addition to the word of its instruction. */
  besides(node: number): Accesses {
    return this.#own[this.#index.at[node]!]!
  }

  /** Whether anything from `node` on conflicts with such an access of another actor. */
  conflicts(node: number, cell: number, kind: number): boolean {
    const index = this.#index.at[node]!
    if (index === -1) return false
    const bit = 1 << (cell & 31)
    const place = index * STRIDE + (cell >> 5) * CLASSES
    const sets = this.#sets.at
    if ((sets[place + WRITES]! & bit) !== 0) return true
    if (kind !== READS && (sets[place + READS]! & bit) !== 0) return true
    return kind !== ADDS && (sets[place + ADDS]! & bit) !== 0
  }

  /** Notes that a decision relies on `conflicts` having said no. */
  rely(node: number, cell: number, kind: number): void {
    const index = this.#index.at[node]!
    if (index === -1) return
    const bit = 1 << (cell & 31)
    const place = index * STRIDE + (cell >> 5) * CLASSES
    const relied = this.#relied.at
    relied[place + WRITES]! |= bit
    if (kind !== READS) relied[place + READS]! |= bit
    if (kind !== ADDS) relied[place + ADDS]! |= bit
  }

  /** Records that a decision assumes that `besides(node)` is complete. */
  plan(node: number): void {
    this.#isPlanned[this.#index.at[node]!] = true
  }

  /** Forgets the assumptions: a new round begins. */
  dropAssumptions(): void {
    this.isRefuted = false
    this.#relied.at.fill(0)
    this.#isPlanned.fill(false)
  }
}

/** How an instruction accesses its word, if its result is not known yet. */
function classOf(behaviour: Behaviour, node: number, code: number): number {
  if (code === CAS) return EXCHANGES
  if (code === READ || code === LOAD || code === UNTIL_EQUAL || code === UNTIL_CLEAR) return READS
  if (code === PARK || code === UNPARK) return WRITES
  return (code === ADD || code === SUB) && behaviour.isBlind(node) ? ADDS : WRITES
}
