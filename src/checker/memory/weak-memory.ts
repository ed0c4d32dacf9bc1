import type { Behaviour } from '../behaviour.ts'
import { ENDED, START, THREW } from '../graph.ts'
import { isReadModifyWrite } from '../instructions.ts'
import type { MemoryModel } from './model.ts'
import { drains, endsWindow, isAcquire, isEarly, isRelease, isStored, mayFindOlder } from './order.ts'
import { StoreBuffer, type Words } from './store-buffer.ts'
import { View } from './view.ts'
import type { Window } from './window.ts'

/** The machine that the memory belongs to. `write` is part of a state's fingerprint, `keep` is not; both are undone. */
export interface Host extends Words {
  readonly nodes: Int32Array
  readonly behaviours: readonly Behaviour[]
  keep(place: number, value: number): void
}

/** One bit each in a set. */
const MOST_STEPPERS = 31
const MOST_LANES = 8

/**
 * Memory that is not sequentially consistent. Besides the CPUs, stores and loads step now, which have numbers too:
 *
 *   0 .. n-1                 the CPUs
 *   n + cpu * lanes + lane   a store of that CPU becomes visible: the one of that number among those that may
 *   n + n * lanes + cpu      the load that the CPU stands before sees a newer value than it would
 *
 * A load takes its own CPU's newest store, else the oldest value that it may. So every choice is a step, and a
 * schedule says it all.
 */
export class WeakMemory {
  readonly model: MemoryModel
  readonly steppers: number
  readonly buffers: readonly StoreBuffer[]
  /** If they are known: what else is part of a state. */
  windows: readonly Window[] | undefined
  low = 0
  high = 0
  readonly #host: Host
  readonly #cpus: number
  readonly #lanes: number
  readonly #views: readonly View[]

  /** `at`: the first of its words, of which there are `wordsFor(cpus)`. */
  constructor(host: Host, cpus: number, at: number, model: MemoryModel) {
    this.model = model
    this.#host = host
    this.#cpus = cpus
    this.#lanes = model === 'tso' ? 1 : Math.min(MOST_LANES, Math.floor(MOST_STEPPERS / cpus) - 2)
    if (this.#lanes < 1) throw new RangeError(`with --memory ${model} there may be 10 actors at most, not ${cpus}`)
    this.steppers = cpus * (2 + this.#lanes)
    const place = (cpu: number) => at + cpu * (StoreBuffer.size + View.size)
    const silent = { memory: host.memory, write: (word: number, value: number) => host.keep(word, value) }
    const ids = Array.from({ length: cpus }, (_, cpu) => cpu)
    this.buffers = ids.map((cpu) => new StoreBuffer(host, place(cpu), model, this.#lanes))
    this.#views = ids.map((cpu) => new View(silent, place(cpu) + StoreBuffer.size))
  }

  static wordsFor(cpus: number): number {
    return cpus * (StoreBuffer.size + View.size)
  }

  cpuOf(id: number): number {
    if (id < this.#cpus) return id
    const lane = id - this.#cpus
    return lane < this.#cpus * this.#lanes ? Math.floor(lane / this.#lanes) : lane - this.#cpus * this.#lanes
  }

  /** A CPU and the steppers of its stores and loads, as bits. */
  steppersOf(cpu: number): number {
    const lanes = ((1 << this.#lanes) - 1) << this.laneId(cpu, 0)
    return (1 << cpu) | lanes | (1 << this.renewalId(cpu))
  }

  isLane(id: number): boolean {
    return id >= this.#cpus && id < this.#cpus * (1 + this.#lanes)
  }

  laneId(cpu: number, lane: number): number {
    return this.#cpus + cpu * this.#lanes + lane
  }

  renewalId(cpu: number): number {
    return this.#cpus * (1 + this.#lanes) + cpu
  }

  /** The entry that leaves when a lane steps. */
  entryOf(id: number): number {
    return this.buffers[this.cpuOf(id)]!.readyEntry((id - this.#cpus) % this.#lanes)
  }

  canStep(id: number): boolean {
    const cpu = this.cpuOf(id)
    if (this.isLane(id)) return (id - this.#cpus) % this.#lanes < this.buffers[cpu]!.ready
    return this.olderEntry(cpu) >= 0
  }

  /** The stores and loads that can step, as bits. */
  able(): number {
    let able = 0
    for (let cpu = 0; cpu < this.#cpus; cpu += 1) {
      able |= ((1 << this.buffers[cpu]!.ready) - 1) << this.laneId(cpu, 0)
      if (this.olderEntry(cpu) >= 0) able |= 1 << this.renewalId(cpu)
    }
    return able
  }

  /** Whether an instruction need not wait for the CPU's own stores. */
  isFree(cpu: number, node: number): boolean {
    const behaviour = this.#host.behaviours[cpu]!
    const code = behaviour.kind.at[node]!
    const buffer = this.buffers[cpu]!
    if (isStored(behaviour, node)) return buffer.hasRoom(behaviour.word.at[node]!)
    if (buffer.count === 0) return true
    if (this.mustDrain(cpu, node)) return false
    if (!isReadModifyWrite(code)) return true
    const word = behaviour.word.at[node]!
    return this.#fails(cpu, node) ? buffer.newest(word) < 0 : buffer.admits(word)
  }

  /** Whether all of the CPU's own stores must leave before an instruction. */
  mustDrain(cpu: number, node: number): boolean {
    return drains(this.#host.behaviours[cpu]!, node, this.model) && !this.#fails(cpu, node)
  }

  /** Whether the CPU's pending exchange would fail now, and order nothing. */
  #fails(cpu: number, node: number): boolean {
    const behaviour = this.#host.behaviours[cpu]!
    if (!mayFindOlder(behaviour, node, this.model)) return false
    return this.olderEntry(cpu) >= 0 || this.#host.memory[behaviour.word.at[node]!] !== behaviour.a.at[node]
  }

  /** The value that such an exchange reads. */
  exchange(cpu: number, node: number): number {
    const { word, a, b } = this.#host.behaviours[cpu]!
    const [at, expected] = [word.at[node]!, a.at[node]!]
    const older = this.olderEntry(cpu)
    if (older >= 0) return this.#views[cpu]!.read(older)
    const was = this.#host.memory[at]!
    if (was === expected) {
      this.#views[cpu]!.forget()
      this.commit(cpu, at, b.at[node]!)
    } else this.#views[cpu]!.dropAll(at)
    return was
  }

  /** The value of a word as this CPU would find it at last. */
  seenBy(cpu: number, word: number): number {
    return this.buffers[cpu]!.seen(word, this.#host.memory[word]!)
  }

  /** The value of a word that every CPU sees now. */
  newest(word: number): number {
    return this.#host.memory[word]!
  }

  /** Takes the step of a store or a load. */
  step(id: number): void {
    const cpu = this.cpuOf(id)
    if (this.isLane(id)) this.#leave(cpu, this.entryOf(id))
    else this.#views[cpu]!.drop(this.olderEntry(cpu))
  }

  /** A store of a CPU becomes visible. */
  #leave(cpu: number, entry: number): void {
    const buffer = this.buffers[cpu]!
    const word = buffer.wordOf(entry)
    const value = buffer.valueAfter(entry, this.#host.memory[word]!)
    buffer.remove(entry)
    this.commit(cpu, word, value)
  }

  load(cpu: number, node: number): number {
    const behaviour = this.#host.behaviours[cpu]!
    const older = this.olderEntry(cpu)
    // Coherence: no CPU finds an older value of a word after a newer one, also if only the first load was READ_ONCE.
    if (older < 0) this.#views[cpu]!.dropAll(behaviour.word.at[node]!)
    const value = older >= 0 ? this.#views[cpu]!.valueOf(older) : this.seenBy(cpu, behaviour.word.at[node]!)
    if (isAcquire(behaviour, node)) this.#views[cpu]!.forget()
    return value
  }

  store(cpu: number, node: number): void {
    const behaviour = this.#host.behaviours[cpu]!
    if (isRelease(behaviour, node)) this.buffers[cpu]!.mark()
    this.buffers[cpu]!.push(behaviour.word.at[node]!, behaviour.kind.at[node]!, behaviour.a.at[node]!)
  }

  mark(cpu: number): void {
    this.buffers[cpu]!.mark()
  }

  /** Loads that come after this instruction are not satisfied before it. */
  order(cpu: number, node: number): void {
    if (endsWindow(this.#host.behaviours[cpu]!, node, this.model)) this.#views[cpu]!.forget()
  }

  /** Makes a value visible to all; a load of another CPU may still read the previous one. */
  commit(cpu: number, word: number, value: number): void {
    const { memory, nodes, behaviours } = this.#host
    const was = memory[word]!
    if (was !== (value | 0)) {
      for (let other = 0; other < this.#cpus; other += 1) {
        const node = nodes[other]!
        if (other === cpu || behaviours[other]!.kind.at[node]! >= START) continue
        if (!endsWindow(behaviours[other]!, node, this.model)) this.#views[other]!.keep(word, was)
      }
    }
    this.#views[cpu]!.dropAll(word)
    this.#host.write(word, value)
  }

  /** The entry in a CPU's view that its pending load would read; -1 if that is the newest value, or its own. */
  olderEntry(cpu: number): number {
    const behaviour = this.#host.behaviours[cpu]!
    const node = this.#host.nodes[cpu]!
    if (!isEarly(behaviour, node, this.model)) return -1
    const word = behaviour.word.at[node]!
    if (this.buffers[cpu]!.newest(word) >= 0) return -1
    // An exchange takes place on the newest value only: an older one is read if it differs from what is expected.
    if (mayFindOlder(behaviour, node, this.model)) return this.#views[cpu]!.oldestBut(word, behaviour.a.at[node]!)
    return this.#views[cpu]!.oldest(word)
  }

  /** Puts the contribution of the views to the fingerprint of a state into `low` and `high`. */
  hash(): void {
    this.low = 0
    this.high = 0
    const { nodes, behaviours } = this.#host
    for (let cpu = 0; cpu < this.#cpus; cpu += 1) {
      const node = nodes[cpu]!
      const code = behaviours[cpu]!.kind.at[node]
      const view = this.#views[cpu]!
      if (view.count === 0 || code === ENDED || code === THREW) continue
      const window = this.windows?.[cpu]
      window?.update()
      view.hash(cpu, (word) => window === undefined || window.has(node, word))
      this.low ^= view.low
      this.high ^= view.high
    }
  }
}
