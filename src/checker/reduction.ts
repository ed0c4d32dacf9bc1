import { Cells } from './cells.ts'
import type { Accesses, Known } from './exchange.ts'
import { ADDS, EXCHANGES, Futures, READS, WRITES } from './futures.ts'
import { ADD, CAS, LOAD, PARK, PAUSE, READ, SUB, UNPARK, UNTIL_CLEAR, UNTIL_EQUAL } from './instructions.ts'
import type { Machine } from './machine.ts'
import type { Reducer } from './reducer.ts'

/**
 * Partial-order reduction by persistent sets (Godefroid, LNCS 1032, 1996): among the actors that can step, those that must be
 * tried in a state so that no violation, no deadlock and no final state is missed. A set is persistent if nothing that the
 * others may still do conflicts with the next steps of its members; then whatever the others do first could as well come
 * later.
 *
 * What the others may still do is learned while exploring, as in stateful dynamic partial-order reduction (Yang, Chen,
 * Gopalakrishnan, Kirby, SPIN 2008), but kept per actor and node of its behaviour instead of per state. What has not been
 * seen yet counts as not happening, so a set can turn out wrong later: then the round is void and another one begins, with
 * what has been learned. In the last round no set turned out wrong. That this is enough: assume a set were wrong all the
 * same, at a state from which the shortest path leads to the access that it overlooked. That path does not touch the set's
 * steps, so it can be taken after one of them too, and from there, nearer to the end, the reduced exploration covers it
 * (state spaces are acyclic: every step adds to an actor's history). So the access was seen, and the set refuted.
 */
export class Reduction implements Reducer {
  readonly #machine: Machine
  readonly #cells: Cells
  readonly #futures: readonly Futures[]
  /** The steppers that each member brings along, for the members that were looked at in this state. */
  readonly #along = new Int32Array(32)
  #known = 0
  #chosen = 0

  constructor(machine: Machine, cells = new Cells()) {
    this.#machine = machine
    this.#cells = cells
    this.#futures = machine.behaviours.map((behaviour) => new Futures(behaviour, this.#cells))
  }

  update(actor: number): void {
    this.#futures[actor]!.update()
  }

  get isRefuted(): boolean {
    return this.#futures.some(({ isRefuted }) => isRefuted)
  }

  beginRound(): void {
    for (const futures of this.#futures) futures.dropAssumptions()
  }

  share(words: number): SharedArrayBuffer {
    this.tellAndHear()
    return this.#cells.share(words)
  }

  tellAndHear(): void {
    for (const futures of this.#futures) futures.share()
  }

  get hasNews(): boolean {
    return this.#futures.some(({ hasNews }) => hasNews)
  }

  /** By actor. */
  news(): Known[][] {
    return this.#futures.map((futures) => futures.news())
  }

  receive(news: readonly (readonly Known[])[]): void {
    for (const [actor, known] of news.entries()) this.#futures[actor]!.receive(known)
  }

  choose(able: number): number {
    this.#known = 0
    let best = -1
    for (let actor = 0; actor < this.#machine.actors; actor += 1) {
      if ((able & (1 << actor)) === 0) continue
      const set = this.#close(actor)
      if (countOf(set & able) < countOf(best & able)) best = set
      if (isSingle(best & able)) break
    }
    this.#chosen = best
    return best & able
  }

  rely(): void {
    this.#rely(this.#chosen)
  }

  continuing(last: number, able: number): number {
    if ((able & (1 << last)) === 0) return 0
    this.#known = 0
    const set = this.#close(last)
    if (!isSingle(set)) return 0
    this.#rely(set)
    return set
  }

  /** Adds all actors that may conflict with a member's next step, until none does. A waiting actor is enabled by such an access only. */
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
    const { nodes, actors } = this.#machine
    const node = nodes[member]!
    const cell = this.#futures[member]!.cell.at[node]!
    const kind = this.#accessNow(member, node)
    const besides = this.#futures[member]!.besides(node)
    let along = 0
    for (let other = 0; other < actors; other += 1) {
      if (other === member) continue
      const futures = this.#futures[other]!
      const at = nodes[other]!
      if (cell >= 0 && futures.conflicts(at, cell, kind)) along |= 1 << other
      else if (besides.length > 0 && meets(futures, at, besides)) along |= 1 << other
    }
    return along
  }

  /** The effect of a member's next step on its word. An exchange that would fail now only reads: an actor that could change that conflicts. */
  #accessNow(member: number, node: number): number {
    const access = this.#futures[member]!.access.at[node]!
    if (access !== EXCHANGES) return access
    const { word, a } = this.#machine.behaviours[member]!
    return this.#machine.memory[word.at[node]!] === a.at[node] ? WRITES : READS
  }

  /** Records the assumption behind the choice of a set: that no actor outside of it conflicts with a member. */
  #rely(set: number): void {
    const { nodes, actors } = this.#machine
    for (let member = 0; member < actors; member += 1) {
      if ((set & (1 << member)) === 0 || this.#machine.hasEnded(member)) continue
      const node = nodes[member]!
      const cell = this.#futures[member]!.cell.at[node]!
      const kind = this.#accessNow(member, node)
      const besides = this.#futures[member]!.besides(node)
      this.#futures[member]!.plan(node)
      for (let other = 0; other < actors; other += 1) {
        if ((set & (1 << other)) !== 0) continue
        const futures = this.#futures[other]!
        const at = nodes[other]!
        if (cell >= 0) futures.rely(at, cell, kind)
        for (let index = 0; index < besides.length; index += 1) {
          const access = besides[index]!
          futures.rely(at, access >> 2, access & 3)
        }
      }
    }
  }
}

/** Whether anything from that node on conflicts with one of the accesses. */
function meets(futures: Futures, node: number, accesses: Accesses): boolean {
  for (let index = 0; index < accesses.length; index += 1) {
    const access = accesses[index]!
    if (futures.conflicts(node, access >> 2, access & 3)) return true
  }
  return false
}

/** The effect of an actor's next step on its word. An exchange that would fail now only reads: an actor that could change that conflicts. */
export function classNow({ behaviours, nodes, memory }: Machine, actor: number): number {
  const { kind, word, a } = behaviours[actor]!
  const node = nodes[actor]!
  const code = kind.at[node]!
  if (code === CAS) return memory[word.at[node]!] === a.at[node] ? WRITES : READS
  if (code === READ || code === LOAD || code === UNTIL_EQUAL || code === UNTIL_CLEAR || code === PAUSE) return READS
  if (code === PARK || code === UNPARK) return WRITES
  return (code === ADD || code === SUB) && behaviours[actor]!.isBlind(node) ? ADDS : WRITES
}

const isSingle = (set: number) => (set & (set - 1)) === 0

function countOf(set: number): number {
  let count = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1
  return count
}
