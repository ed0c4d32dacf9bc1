import { Cells } from '../cells.ts'
import type { Known } from '../exchange.ts'
import { Futures, WRITES } from '../futures.ts'
import { Column } from '../growing.ts'
import { PAUSE } from '../instructions.ts'
import type { Machine } from '../machine.ts'
import type { Reducer } from '../reducer.ts'
import { classNow } from '../reduction.ts'
import { isStored, mayFindOlder } from './order.ts'
import type { WeakMemory } from './weak-memory.ts'
import { Window } from './window.ts'

/**
 * Persistent sets with delayed stores: see reduction.ts. A buffered store is a separate process, which will write one
 * word; putting it into the buffer, and a barrier, conflict with nothing. An actor that waits for its own stores is
 * enabled by any of those that may leave first. A load barrier may be taken before the steps of others instead of after
 * them: the older values that remain readable add behaviours, and remove none.
 */
export class WeakReduction implements Reducer {
  readonly #machine: Machine
  readonly #weak: WeakMemory
  readonly #cells: Cells
  readonly #futures: readonly Futures[]
  readonly #windows: readonly Window[]
  /** All that is learned while exploring. */
  readonly #learning: readonly (Futures | Window)[]
  /** Accesses of the step that is looked at, each as `cell * 4 + class`. */
  readonly #accesses = new Column()
  #looked = 0
  /** The steppers that each member brings along, for the members that were looked at in this state. */
  readonly #along = new Int32Array(32)
  #known = 0
  #chosen = 0

  constructor(machine: Machine, cells = new Cells()) {
    this.#machine = machine
    this.#cells = cells
    this.#weak = machine.weak!
    this.#futures = machine.behaviours.map((behaviour) => new Futures(behaviour, this.#cells))
    this.#windows = machine.behaviours.map((behaviour) => new Window(behaviour, this.#weak.model, cells))
    this.#weak.windows = this.#windows
    this.#learning = [...this.#futures, ...this.#windows]
  }

  update(stepper: number): void {
    const actor = this.#machine.actorOf(stepper)
    this.#futures[actor]!.update()
    this.#windows[actor]!.update()
  }

  get isRefuted(): boolean {
    return this.#learning.some(({ isRefuted }) => isRefuted)
  }

  beginRound(): void {
    for (const one of this.#learning) one.dropAssumptions()
  }

  share(words: number): SharedArrayBuffer {
    this.tellAndHear()
    return this.#cells.share(words)
  }

  tellAndHear(): void {
    for (const one of this.#learning) one.share()
  }

  get hasNews(): boolean {
    return this.#learning.some(({ hasNews }) => hasNews)
  }

  /** By actor, and then of the windows by actor. */
  news(): Known[][] {
    return this.#learning.map((one) => one.news())
  }

  receive(news: readonly (readonly Known[])[]): void {
    for (const [index, known] of news.entries()) this.#learning[index]!.receive(known)
  }

  choose(able: number): number {
    this.#known = 0
    let best = 0
    let fewest = 33
    for (let rest = able; rest !== 0 && fewest > 1; rest &= rest - 1) {
      const set = this.#close(31 - Math.clz32(rest & -rest))
      const count = countOf(set & able)
      if (count < fewest) {
        best = set
        fewest = count
      }
    }
    this.#chosen = best
    return best & able
  }

  rely(): void {
    this.#rely(this.#chosen)
  }

  continuing(last: number, able: number): number {
    this.#known = 0
    const own = able & this.#machine.steppersOf(last)
    for (let rest = own; rest !== 0; rest &= rest - 1) {
      const set = this.#close(31 - Math.clz32(rest & -rest))
      if ((set & ~own) !== 0) continue
      this.#rely(set)
      return set
    }
    return 0
  }

  /** Adds all steppers that may conflict with a member's next step, or must come before it, until none does. */
  #close(first: number): number {
    let set = 1 << first
    let done = 0
    while (set !== done) {
      const member = 31 - Math.clz32(set & ~done & -(set & ~done))
      done |= 1 << member
      if ((this.#known & (1 << member)) === 0) {
        this.#known |= 1 << member
        this.#along[member] = this.#conflictingWith(member)
      }
      set |= this.#along[member]!
    }
    return set
  }

  #conflictingWith(member: number): number {
    const machine = this.#machine
    const actor = machine.actorOf(member)
    const blockers = member === actor ? this.#mustLeaveFirst(actor) : 0
    if (blockers !== 0 && !this.#isExchange(actor)) return blockers
    // The value that a load reads is a separate choice. A waiting exchange may also fail instead, if another CPU changes its word.
    let along = this.#weak.isLane(member) ? 0 : this.#withRenewal(actor) | blockers
    this.#look(member)
    for (let other = 0; other < machine.actors; other += 1) if (other !== actor) along |= this.#conflicting(other)
    return along
  }

  /** Stores of an actor that waits for them: one will do if all must leave, since that one is among them. */
  #mustLeaveFirst(actor: number): number {
    const node = this.#machine.nodes[actor]!
    if (this.#machine.hasEnded(actor) || this.#weak.isFree(actor, node)) return 0
    const lanes = this.#weak.mustDrain(actor, node) ? 1 : this.#weak.buffers[actor]!.ready
    return ((1 << lanes) - 1) << this.#weak.laneId(actor, 0)
  }

  #isExchange(actor: number): boolean {
    const { behaviours, nodes } = this.#machine
    return mayFindOlder(behaviours[actor]!, nodes[actor]!, this.#weak.model)
  }

  #withRenewal(actor: number): number {
    if (this.#machine.hasEnded(actor) || this.#weak.olderEntry(actor) < 0) return 1 << actor
    return (1 << actor) | (1 << this.#weak.renewalId(actor))
  }

  /** Puts the accesses of a member's next step to shared words into `#accesses`. */
  #look(member: number): void {
    const { behaviours, nodes } = this.#machine
    const actor = this.#machine.actorOf(member)
    this.#looked = 0
    if (this.#weak.isLane(member)) {
      const word = this.#weak.buffers[actor]!.wordOf(this.#weak.entryOf(member))
      this.#add(this.#cells.of(word) * 4 + WRITES)
      return
    }
    if (this.#machine.hasEnded(actor)) return
    const node = nodes[actor]!
    const behaviour = behaviours[actor]!
    const { kind, word } = behaviour
    if (word.at[node]! >= 0 && !isStored(behaviour, node) && kind.at[node] !== PAUSE) {
      this.#add(this.#cells.of(word.at[node]!) * 4 + classNow(this.#machine, actor))
    }
    for (const access of this.#futures[actor]!.besides(node)) this.#add(access)
  }

  #add(access: number): void {
    this.#accesses.reserve(this.#looked + 1)
    this.#accesses.at[this.#looked] = access
    this.#looked += 1
  }

  /** Another CPU itself and its stores, as far as they may conflict with one of the accesses. */
  #conflicting(other: number): number {
    const node = this.#machine.nodes[other]!
    const buffer = this.#weak.buffers[other]!
    let found = 0
    for (let at = 0; at < this.#looked; at += 1) {
      const access = this.#accesses.at[at]!
      const cell = access >> 2
      if (this.#futures[other]!.conflicts(node, cell, access & 3)) found |= 1 << other
      for (let entry = 0; entry < buffer.count; entry += 1) {
        if (this.#cells.of(buffer.wordOf(entry)) !== cell) continue
        found |= 1 << this.#weak.laneId(other, buffer.laneBefore(entry))
      }
    }
    return found
  }

  /** Records the assumption behind the choice of a set. */
  #rely(set: number): void {
    const { nodes, actors } = this.#machine
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      const member = 31 - Math.clz32(rest & -rest)
      const actor = this.#machine.actorOf(member)
      if (member === actor && this.#machine.hasEnded(actor)) continue
      if (member === actor && !this.#isExchange(actor) && this.#mustLeaveFirst(actor) !== 0) continue
      if (!this.#weak.isLane(member)) this.#futures[actor]!.plan(nodes[actor]!)
      this.#look(member)
      for (let other = 0; other < actors; other += 1) {
        if (other === actor || (set & (1 << other)) !== 0) continue
        for (let at = 0; at < this.#looked; at += 1) {
          const access = this.#accesses.at[at]!
          this.#futures[other]!.rely(nodes[other]!, access >> 2, access & 3)
        }
      }
    }
  }
}

function countOf(set: number): number {
  let count = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1
  return count
}
