import type { Costs } from './costs.ts'

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

  /** Whether the other thread of the CPU's core is one of the first `busy` CPUs. */
  sharesCore(cpu: number, busy: number): boolean {
    const core = this.#core[cpu]!
    for (let other = 0; other < busy; other += 1) if (other !== cpu && this.#core[other] === core) return true
    return false
  }
}
