import type { Costs } from './costs.ts'

/**
 * Where the CPUs of a run are put. `fill`: in the order of their numbers, one socket after the other, as harnesses do that pin
 * (will-it-scale). `spread`: over the sockets by turns, and second threads last, as the scheduler does with what is not pinned.
 */
export const PLACEMENTS = ['fill', 'spread'] as const
export type Placement = (typeof PLACEMENTS)[number]

/**
 * How far two CPUs are apart. CPUs are numbered as Linux numbers them: all cores of the first socket, those of the next, and
 * then, in the same order, the second threads of the cores.
 */
export class Topology {
  readonly #core: Int32Array
  readonly #cluster: Int32Array
  readonly #socket: Int32Array
  readonly #costs: Costs

  constructor(costs: Costs) {
    const { cpus, sockets, threadsPerCore, clusterCores } = costs
    const cores = Math.max(1, Math.floor(cpus / threadsPerCore))
    const perSocket = Math.max(1, Math.ceil(cores / sockets))
    this.#costs = costs
    this.#core = Int32Array.from({ length: cpus }, (_, cpu) => cpu % cores)
    this.#cluster = this.#core.map((core) => Math.floor(core / clusterCores))
    this.#socket = this.#core.map((core) => Math.floor(core / perSocket))
  }

  /** ps in which a line travels from one to the other. */
  transfer(from: number, to: number): number {
    const { toRemote, toSocket, toCluster, toSibling } = this.#costs
    if (this.#socket[from] !== this.#socket[to]) return toRemote
    if (this.#cluster[from] !== this.#cluster[to]) return toSocket
    return this.#core[from] === this.#core[to] ? toSibling : toCluster
  }

  /** The machine's CPUs in the order in which those of a run are put on them. */
  order(placement: Placement): Int16Array {
    const all = Array.from(this.#core, (_, cpu) => cpu)
    if (placement === 'fill') return Int16Array.from(all)
    const cores = Math.max(...this.#core) + 1
    const taken = new Map<string, number>()
    const turns = all.map((cpu) => {
      const group = `${Math.floor(cpu / cores)} ${this.#socket[cpu]}`
      const turn = taken.get(group) ?? 0
      taken.set(group, turn + 1)
      return turn
    })
    const isSecond = (cpu: number) => Math.floor(cpu / cores)
    all.sort((a, b) => isSecond(a) - isSecond(b) || turns[a]! - turns[b]! || a - b)
    return Int16Array.from(all)
  }

  /** By CPU of a run, its NUMA node: the socket on which it is put first. */
  nodes(placement: Placement, cpus: number): number[] {
    const order = this.order(placement)
    return Array.from({ length: cpus }, (_, cpu) => this.#socket[order[cpu % order.length]!]!)
  }

  /** By CPU of a run that has one for itself: the first of the run that shares its core, itself if none comes before it. */
  firstOnCore(cpus: Int16Array): Int16Array {
    const first = new Map<number, number>()
    return Int16Array.from(cpus, (cpu, id) => {
      const core = this.#core[cpu]!
      const known = first.get(core)
      if (known === undefined) first.set(core, id)
      return known ?? id
    })
  }
}
