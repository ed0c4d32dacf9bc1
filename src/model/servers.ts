import { BROADCAST } from '../protocols/costs.ts'
import { Bandwidth } from './bandwidth.ts'
import type { Costs } from './costs.ts'
import type { EventQueue } from './event-queue.ts'
import { RoundRobin } from './round-robin.ts'

const ON: readonly string[] = BROADCAST.map(({ on }) => on)
const KINDS: readonly string[] = ['dvm', 'memory', 'serial']

/**
 * What all CPUs share besides cache lines: the DVM domain, the memory's bandwidth, what goes one after the other, and the fabric
 * that carries IPIs. The first three are actors of the event queue, behind the CPUs, in the order of KINDS. Times are ps.
 */
export class Servers {
  static readonly COUNT = KINDS.length
  readonly #cpus: number
  readonly #costs: Costs
  readonly #events: EventQueue
  readonly #dvm: RoundRobin
  readonly #memory: Bandwidth
  readonly #serial: RoundRobin
  #fabricUntil = 0

  constructor(cpus: number, costs: Costs, events: EventQueue, wake: (cpu: number, time: number) => void) {
    this.#cpus = cpus
    this.#costs = costs
    this.#events = events
    this.#dvm = new RoundRobin(cpus, costs.dvmWindow, wake)
    this.#serial = new RoundRobin(cpus, 1, wake)
    this.#memory = new Bandwidth(cpus, costs.streams, wake)
  }

  /** How many operations the DVM domain has done so far. */
  get dvmOperations(): number {
    return this.#dvm.done
  }

  /** So many units for that CPU, which is woken when they are done. */
  post(cpu: number, kind: number, units: number, time: number): void {
    const service = this.#costs.broadcast[kind]!
    if (ON[kind] === 'dvm') this.#dvm.post(cpu, units, service, time)
    else if (ON[kind] === 'serial') this.#serial.post(cpu, units, service, time)
    else this.#memory.post(cpu, Math.round(units * service), time)
    this.#expect(this.#cpus + KINDS.indexOf(ON[kind]!))
  }

  serve(actor: number, now: number): void {
    this.#server(actor).advance(now)
    this.#expect(actor)
  }

  /** Advances the server that is done next; returns the time then, or undefined if none has anything to do. */
  serveNext(now: number): number | undefined {
    const actors = KINDS.map((_, server) => this.#cpus + server)
    const finish = (actor: number) => this.#server(actor).nextFinish
    const next = actors.reduce((first, actor) => (finish(actor) < finish(first) ? actor : first))
    if (finish(next) === Number.POSITIVE_INFINITY) return undefined
    const then = Math.max(now, finish(next))
    this.serve(next, then)
    return then
  }

  /** Sends so many IPIs from that time on; returns when the last is sent. */
  sendIpis(units: number, time: number): number {
    this.#fabricUntil = Math.max(this.#fabricUntil, time) + units * this.#costs.ipiFabric
    return this.#fabricUntil
  }

  #expect(actor: number): void {
    const { nextFinish } = this.#server(actor)
    if (nextFinish === Number.POSITIVE_INFINITY) this.#events.remove(actor)
    else this.#events.enter(actor, nextFinish)
  }

  #server(actor: number): RoundRobin | Bandwidth {
    const kind = KINDS[actor - this.#cpus]
    if (kind === 'dvm') return this.#dvm
    return kind === 'serial' ? this.#serial : this.#memory
  }
}
