import type { Graph } from './graph.ts'

/** Accesses by cell and class, each as `cell * 4 + class`. */
export type Accesses = readonly number[]

/** The knowledge about a node: its marks, the further accesses of its step, and sets of the accesses that may follow. */
export type Known = {
  readonly marks: string
  readonly own: Accesses
  readonly sets: Int32Array
}

/**
 * What the machines of several threads tell each other about the nodes of one actor. They number the nodes differently, but
 * agree on their marks.
 */
export class Exchange {
  readonly #graph: Graph
  /** The knowledge of other machines, also about nodes that are not known here yet; none if there are no others. */
  #elsewhere: Map<string, Known> | undefined
  readonly #nodeOf = new Map<string, number>()
  /** Nodes of which more is known than the others were told. */
  readonly #news = new Set<number>()

  constructor(graph: Graph) {
    this.#graph = graph
  }

  /** From now on there are others. `nodes`: those that something is known about. */
  begin(nodes: Iterable<number>): void {
    this.#elsewhere = new Map()
    for (const node of nodes) this.meet(node)
  }

  /** A node is met here. Returns what is known about it elsewhere. */
  meet(node: number): Known | undefined {
    if (this.#elsewhere === undefined) return undefined
    const marks = this.#marksOf(node)
    this.#nodeOf.set(marks, node)
    this.#news.add(node)
    return this.#elsewhere.get(marks)
  }

  /** More is known about a node. */
  add(node: number): void {
    if (this.#elsewhere !== undefined) this.#news.add(node)
  }

  get hasNews(): boolean {
    return this.#news.size > 0
  }

  /** The knowledge gained since the last call. */
  news(knownOf: (node: number) => Omit<Known, 'marks'>): Known[] {
    const news = [...this.#news].map((node) => ({ marks: this.#marksOf(node), ...knownOf(node) }))
    this.#news.clear()
    return news
  }

  /** Another machine knows this. Returns the node that it is about, if that has been met here. */
  hear(known: Known): number | undefined {
    this.#elsewhere!.set(known.marks, known)
    return this.#nodeOf.get(known.marks)
  }

  #marksOf(node: number): string {
    return `${this.#graph.markLow.at[node]},${this.#graph.markHigh.at[node]}`
  }
}
