import { Column } from './growing.ts'

/** Nodes of a behaviour other than instructions: events between two steps, in this order. */
export const START = 32
export const PEEK = 33
export const POKE = 34
export const VIOLATION = 35
export const COUNT = 36
export const ASKED = 37
export const ACQUIRED = 38
export const RELEASING = 39
export const THREW = 40
export const ENDED = 41

/**
 * A node is an instruction that an actor is about to take, or something that it does between two of them; an edge is the answer
 * that it got.
 */
export class Graph {
  readonly kind = new Column()
  readonly word = new Column()
  readonly a = new Column()
  readonly b = new Column()
  /** The order that a read-modify-write imposes. */
  readonly order = new Column()
  /** The node that it was first reached from, and the answer that led to it. */
  readonly parent = new Column(-1)
  readonly answer = new Column()
  /** 1: the actor does not look at the answer. */
  readonly blind = new Column()
  /** Edges: where each comes from, its answer, where it leads, and the next one from the same node. */
  readonly edgeFrom = new Column()
  readonly edgeAnswer = new Column()
  readonly edgeTo = new Column()
  readonly #nextEdge = new Column(-1)
  readonly #firstEdge = new Column(-1)
  edges = 0
  nodes = 0
  /**
   * The contribution of an actor at that node to the fingerprint of a state: equal for nodes with the same future, and
   * equal in every machine that runs this program, in whatever order it learns.
   */
  readonly markLow = new Column()
  readonly markHigh = new Column()

  /** The node after `node` and `answer`, or -1 if that has not been observed yet. */
  after(node: number, answer: number): number {
    let edge = this.#firstEdge.at[node]!
    while (edge !== -1 && this.edgeAnswer.at[edge] !== answer) edge = this.#nextEdge.at[edge]!
    return edge === -1 ? -1 : this.edgeTo.at[edge]!
  }

  /** The nodes from the start to `node`. */
  pathTo(node: number): number[] {
    const path: number[] = []
    for (let at = node; at !== -1; at = this.parent.at[at]!) path.push(at)
    return path.reverse()
  }

  /** The nodes between two instructions of which the second follows the first. */
  between(from: number, to: number): number[] {
    for (let edge = this.#firstEdge.at[from]!; edge !== -1; edge = this.#nextEdge.at[edge]!) {
      const next = this.edgeTo.at[edge]!
      if (next === to) return []
      if (this.kind.at[next]! < START || this.kind.at[next]! >= THREW) continue
      const rest = this.between(next, to)
      if (rest.length > 0 || this.after(next, 0) === to) return [next, ...rest]
    }
    return []
  }

  /** `kind`: one of those that are numbered above, or an instruction. */
  protected addNode(kind: number, word: number, a: number, b: number): number {
    const node = this.nodes
    this.nodes += 1
    if (this.nodes > this.kind.at.length) for (const column of this.#columns()) column.reserve(this.nodes)
    this.kind.at[node] = kind
    this.word.at[node] = word
    this.a.at[node] = a
    this.b.at[node] = b
    return node
  }

  protected addEdge(from: number, answer: number, to: number): void {
    if (this.parent.at[to] === -1) {
      this.parent.at[to] = from
      this.answer.at[to] = answer
    }
    const edge = this.edges
    this.edges += 1
    if (this.edges > this.edgeTo.at.length) {
      for (const column of [this.edgeFrom, this.edgeAnswer, this.edgeTo, this.#nextEdge]) column.reserve(this.edges)
    }
    this.edgeFrom.at[edge] = from
    this.edgeAnswer.at[edge] = answer
    this.edgeTo.at[edge] = to
    this.#nextEdge.at[edge] = this.#firstEdge.at[from]!
    this.#firstEdge.at[from] = edge
  }

  #columns(): Column[] {
    const { kind, word, a, b, order, parent, answer, blind, markLow, markHigh } = this
    return [kind, word, a, b, order, parent, answer, blind, markLow, markHigh, this.#firstEdge]
  }
}
